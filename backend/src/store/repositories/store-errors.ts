/** PostgreSQL did not answer within about 2 s. It is unknown whether a change took effect; answer 503. */
export class StoreUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super('PostgreSQL does not answer; try again when it is back', options)
    this.name = 'StoreUnavailable'
  }
}

/** A list request has an unknown field, value, order or cursor; answer 400 with the message. */
export class BadListRequest extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BadListRequest'
  }
}

/** Something with that name already exists; answer 409. */
export class AlreadyExists extends Error {
  constructor(kind: string, name: string) {
    super(`${kind} ${name} already exists; choose another name`)
    this.name = 'AlreadyExists'
  }
}

/** The change would leave no enabled admin, and nobody could undo it; answer 409. */
export class LastAdmin extends Error {
  constructor(name: string) {
    super(`${name} is the last enabled admin; make another operator an admin first`)
    this.name = 'LastAdmin'
  }
}

/** A ban's value is neither an address nor a range; answer 400 with the message. */
export class BadBanValue extends Error {
  constructor(value: string) {
    super(`${value} is neither an IPv4 or IPv6 address nor a range in CIDR form, such as 203.0.113.0/24`)
    this.name = 'BadBanValue'
  }
}
