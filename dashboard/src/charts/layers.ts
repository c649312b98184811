import type { Values } from './paths.js'

/** One layer of a stack, or one line of a chart. */
export interface Layer {
  readonly id: string
  readonly label: string
  /** Class that carries the colour: `f-policy-1`, `f-ink`. */
  readonly colour: string
  /** An operator did it. */
  readonly isHatched?: boolean
  readonly values: Values
}

/** One line of a line chart. */
export interface Line {
  readonly label: string
  /** Class of the stroke: empty for ink, `ln-mute`, `ln-drain`, `ln-plan`, `ln-warn`, `ln-limit`. */
  readonly look?: string
  readonly values: Values
  /** The area below is tinted. */
  readonly isFilled?: boolean
}

/** A limit as a dashed line in its state's colour. */
export interface Limit {
  readonly label: string
  readonly value: number
  readonly state: 'degraded' | 'down'
}
