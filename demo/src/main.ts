// npm run demo: a node with its own data and ports, a crowd that talks, idles and misbehaves, and a chat page.
import { once } from 'node:events'
import { ChatServer } from './chat-server.ts'
import { setStage, type Stage } from './stage.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

// Handled from start to end, so that a node that is half started or half stopped is not left behind.
const end = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort())
// The channel closes when the script that started this is killed.
process.once('disconnect', () => end.abort())

const stage = await setStage(1, end.signal).catch((error: unknown) => {
  if (end.signal.reason !== error) throw error
  return undefined
})
try {
  if (stage !== undefined) await show(stage)
} finally {
  await stage?.stop()
}
process.exit(0)

async function show({ node, scene }: Stage): Promise<void> {
  const chat = new ChatServer(scene, node.controlUrl)
  say(`chat page ${await chat.listen()}`)
  say(`control   ${node.controlUrl}`)
  if (node.signInUrl !== undefined) say(`sign in   ${node.signInUrl}`)
  say('About 300 clients are arriving. Ctrl-C ends the demo and removes its data.')
  if (!end.signal.aborted) await once(end.signal, 'abort')
  say('Ending …')
  chat.close()
}
