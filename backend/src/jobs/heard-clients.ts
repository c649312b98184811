import { Client } from 'pg'

type Call = (...args: unknown[]) => unknown

let isDone = false

/**
 * Keeps a dying connection from ending the process. pg's client reports it by an 'error' event, and BullMQ's clients
 * have no listener while they are lent out for migrations, between connecting and listening, and while they are closed.
 * Ignoring the event there loses nothing: the queries on that connection fail too.
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
  // BullMQ removes every listener right before it ends a client.
  Client.prototype.end = function (this: Client, ...args: unknown[]) {
    this.on('error', ignore)
    return Reflect.apply(end, this, args)
  } as Client['end']
}

function ignore(): void {}
