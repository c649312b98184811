import type { Answer } from '../realtime/replies/answer.js'
import { behind } from './socket-of.js'
import type { WsSocket } from './ws-socket.js'

/** Sends an answer to a frame the moment it is given: nothing enqueued later may come before it. */
export function answer(socket: WsSocket, id: number | undefined): (answer: Answer<unknown>) => void {
  const { context, connection } = behind(socket)
  return ({ ok, error }) => {
    if (error !== undefined) context.hub.replier.fail(connection, id, error)
    else if (id !== undefined) context.hub.replier.reply(connection, id, ok)
  }
}

/** Runs `begin` and resolves when its answer was sent. */
export function answered(
  socket: WsSocket,
  id: number | undefined,
  begin: (done: (answer: Answer<unknown>) => void) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const send = answer(socket, id)
    begin((result) => {
      send(result)
      resolve()
    })
  })
}
