import { moderator } from './actors/moderator.ts'
import { forgetful, idler, player, talker, wanderer } from './actors/talkers.ts'
import { traveller } from './actors/travellers.ts'
import { flooder, mangler, napper, prowler, slowReader, stranger, unlucky } from './actors/troublemakers.ts'
import { newsroom, scorekeeper, ticker } from './actors/writers.ts'
import type { Actor, Scene } from './scene.ts'

/** How many play each part in a crowd of about 300. */
const cast: readonly (readonly [Actor, number])[] = [
  [talker, 110],
  [player, 48],
  [idler, 80],
  [wanderer, 40],
  [traveller, 18],
  [forgetful, 8],
  [unlucky, 8],
  [slowReader, 4],
  [napper, 2],
  [flooder, 2],
  [mangler, 3],
  [prowler, 2],
  [stranger, 5],
  [ticker, 1],
  [scorekeeper, 1],
  [newsroom, 1],
  [moderator, 1],
]

/** Sends everybody on stage; `share` of 1 is the whole cast. Ends when the scene is over. */
export async function playAll(scene: Scene, share = 1): Promise<void> {
  let index = 0
  const parts = cast.flatMap(([actor, count]) =>
    Array.from({ length: Math.max(1, Math.round(count * share)) }, () => actor),
  )
  await Promise.all(parts.map((actor) => play(actor, scene, (index += 1))))
}

/** What an actor stumbles over (a kick, a refused join, a node that drains) it gets over: it starts its part again. */
async function play(actor: Actor, scene: Scene, index: number): Promise<void> {
  while (!scene.isOver) {
    try {
      await actor(scene, index)
      await scene.wait(10_000, 30_000)
    } catch {
      if (!scene.isOver) await scene.wait(15_000, 45_000).catch(() => {})
    }
  }
}
