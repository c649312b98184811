// npm run demo: a node with its own data and ports, a crowd that talks, idles and misbehaves, and a chat page.
import { ChatServer } from './chat-server.ts'
import { setStage } from './stage.ts'

const stage = await setStage()
const chat = new ChatServer(stage.scene, stage.node.controlUrl)
const page = await chat.listen()
const say = (line: string): void => void process.stdout.write(`${line}\n`)

say(`chat page ${page}`)
say(`control   ${stage.node.controlUrl}`)
if (stage.node.signInUrl !== undefined) say(`sign in   ${stage.node.signInUrl}`)
say('Some 300 clients are arriving. Ctrl-C ends the demo and removes its data.')

const { promise: ended, resolve: end } = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end())
// The channel to the script that started this closes when that is killed.
process.once('disconnect', () => end())
await ended
say('Ending …')
chat.close()
await stage.stop()
process.exit(0)
