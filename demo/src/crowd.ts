import { moderator } from './actors/moderator.ts'
import { forgetful, idler, player, talker, wanderer } from './actors/talkers.ts'
import { traveller } from './actors/travellers.ts'
import { flooder, mangler, napper, prowler, slowReader, stranger, unlucky } from './actors/troublemakers.ts'
import { newsroom, scorekeeper, ticker } from './actors/writers.ts'
import type { Actor, Scene } from './scene.ts'

/** How many there are of each actor in a crowd of about 300. */
const CAST: readonly (readonly [Actor, number])[] = [
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

/** Runs all actors until the scene is over; a `share` of 1 is the whole cast. */
export async function playAll(scene: Scene, share = 1): Promise<void> {
  let index = 0
  const parts = CAST.flatMap(([actor, count]) =>
    Array.from({ length: Math.max(1, Math.round(count * share)) }, () => actor),
  )
  await Promise.all(parts.map((actor) => play(actor, scene, (index += 1))))
}

/** Runs an actor again and again; a kick, a refused join or a draining node only makes it wait longer. */
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
