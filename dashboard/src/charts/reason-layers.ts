import { closeReasons, type CloseReason, type Initiator } from '@gatehouse/protocol'
import type { Layer } from './layers.js'
import type { Values } from './paths.js'

/** Initiators from the bottom of a stack up: closes by clients are at the bottom, closes by operators on top. */
const ORDER: readonly Initiator[] = ['unknown', 'client', 'network', 'policy', 'server', 'operator']
/** How many steps of its hue an initiator has (tokens.css). */
const STEPS: Record<Initiator, number> = { client: 3, network: 3, policy: 3, server: 1, operator: 2, unknown: 0 }

/** Who ended a connection with this reason; a reason that this page does not know counts as unknown. */
export function initiatorOf(reason: string): Initiator {
  return closeReasons[reason as CloseReason]?.initiator ?? 'unknown'
}

/**
 * The reasons as layers from the bottom up: a hue for each initiator, its steps by how often the reasons occurred, and
 * hatched when an operator did it. The rarest beyond `most` become one layer "other" at the bottom.
 */
export function reasonLayers(series: ReadonlyMap<string, Values>, most = 10): Layer[] {
  const bySize = [...series.keys()].sort((first, second) => sum(series.get(second)) - sum(series.get(first)))
  const shown = new Set(bySize.slice(0, bySize.length > most ? most - 1 : most))
  const used = new Map<Initiator, number>()
  const layers = bySize
    .filter((reason) => shown.has(reason))
    .map((reason): Layer => {
      const initiator = initiatorOf(reason)
      const step = used.get(initiator) ?? 0
      if (reason !== 'drain') used.set(initiator, step + 1)
      return {
        id: reason,
        label: reason,
        colour: colourOf(reason, initiator, step),
        isHatched: initiator === 'operator',
        values: series.get(reason) ?? [],
      }
    })
    .sort((first, second) => rank(first.id) - rank(second.id))
  const rest = bySize.filter((reason) => !shown.has(reason)).map((reason) => series.get(reason) ?? [])
  if (rest.length > 0) layers.unshift({ id: 'other', label: 'other', colour: 'f-rest', values: addUp(rest) })
  return layers
}

/** The sum of a layer over its intervals. */
export function sum(values: Values | undefined): number {
  return (values ?? []).reduce<number>((total, value) => total + (value ?? 0), 0)
}

function rank(reason: string): number {
  return ORDER.indexOf(initiatorOf(reason)) + (reason === 'drain' ? 1 : 0)
}

function colourOf(reason: string, initiator: Initiator, step: number): string {
  if (reason === 'drain') return 'f-drain'
  return initiator === 'unknown' ? 'f-rest' : `f-${initiator}-${(step % STEPS[initiator]) + 1}`
}

function addUp(series: readonly Values[]): Values {
  return (series[0] ?? []).map((first, index) =>
    first === null ? null : series.reduce((total, values) => total + (values[index] ?? 0), 0),
  )
}

/** The colour of a reason that stands alone, outside a stack. */
export function reasonColour(reason: string): string {
  return colourOf(reason, initiatorOf(reason), 0)
}

/** Whether an operator did it, so that its mark is hatched. */
export function isOperatorReason(reason: string): boolean {
  return initiatorOf(reason) === 'operator'
}
