import { fileURLToPath } from 'node:url'
import { NodeProcess } from '../../e2e/src/support/node-process.ts'
import { playAll } from './crowd.ts'
import { Scene } from './scene.ts'

/** A node of its own with a crowd on it. */
export interface Stage {
  readonly node: NodeProcess
  readonly scene: Scene
  stop(): Promise<void>
}

/** Starts a node with its own data and ports, and a crowd on it; a `share` of 1 is about 300 clients. `signal` aborts it. */
export async function setStage(share = 1, signal?: AbortSignal): Promise<Stage> {
  const node = await NodeProcess.start({
    env: { GATEHOUSE_CONFIG: fileURLToPath(new URL('../room-types.json', import.meta.url)), LOG_LEVEL: 'error' },
    ...(signal && { signal }),
  })
  const end = new AbortController()
  const scene = new Scene(node, end.signal)
  const playing = playAll(scene, share)
  return {
    node,
    scene,
    stop: async () => {
      end.abort()
      await playing
      await node.dispose()
    },
  }
}
