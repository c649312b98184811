/** PostgreSQL could not be reached or did not answer in time (about 2 s). Nothing is known to be changed; answer 503. */
export class StoreUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super('PostgreSQL does not answer; try again when it is back', options)
    this.name = 'StoreUnavailable'
  }
}

/** A list was asked by a field, a value, an order or a cursor that does not exist; answer 400 with the message. */
export class BadListRequest extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BadListRequest'
  }
}

/** Something of that name exists already; answer 409. */
export class AlreadyExists extends Error {
  constructor(kind: string, name: string) {
    super(`${kind} ${name} exists already; choose another name`)
    this.name = 'AlreadyExists'
  }
}

/** The change would leave no enabled admin, so nobody could undo it; answer 409. */
export class LastAdmin extends Error {
  constructor(name: string) {
    super(`${name} is the last enabled admin; make another operator admin first`)
    this.name = 'LastAdmin'
  }
}

/** A ban's value is no address and no range; answer 400 with the message. */
export class BadBanValue extends Error {
  constructor(value: string) {
    super(`${value} is no IPv4 or IPv6 address and no range in CIDR form, such as 203.0.113.0/24`)
    this.name = 'BadBanValue'
  }
}
