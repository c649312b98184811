import { Client } from 'pg'

type Call = (...args: unknown[]) => unknown

let isDone = false

/**
 * Makes sure that no dying connection ends the process. pg's client tells of it by an 'error' event, and BullMQ leaves
 * its clients without a listener while they are lent out for migrations, between connecting and listening, and while
 * they are closed. Nothing is lost by not hearing it there: the queries on that connection fail too.
 */
export function hearClients(): void {
  if (isDone) return
  isDone = true
  const connect = Reflect.get(Client.prototype, 'connect') as Call
  const end = Reflect.get(Client.prototype, 'end') as Call
  Client.prototype.connect = function (this: Client, ...args: unknown[]) {
    this.on('error', ignore)
    return Reflect.apply(connect, this, args)
  } as Client['connect']
  // BullMQ takes every listener off right before it ends a client.
  Client.prototype.end = function (this: Client, ...args: unknown[]) {
    this.on('error', ignore)
    return Reflect.apply(end, this, args)
  } as Client['end']
}

function ignore(): void {}
