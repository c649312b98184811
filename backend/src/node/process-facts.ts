import type { NodeStatus } from '@gatehouse/protocol/rest'
import type { Setting } from '../config/settings-list.js'
import type { NodeFacts } from '../control/ports/node-facts.js'
import type { LoopDelay } from '../infra/loop-delay.js'
import { openFiles, type ProcessReading } from '../infra/process-reading.js'

/** Where a listener can be reached. */
export interface Listener {
  readonly url: string
  readonly tls: boolean
}

export interface ProcessFactsParts {
  readonly process: ProcessReading
  readonly loopDelay: LoopDelay
  /** 0: no limit. */
  readonly connectionLimit: number
  readonly storeKind: 'embedded' | 'external'
  readonly fileLimit: number
  readonly settings: readonly Setting[]
}

/** What only the process itself knows about the node; `measure` must be called once a second. */
export class ProcessFacts implements NodeFacts {
  #reading = { loopP99Ms: 0, cpu: 0, heapBytes: 0, rssBytes: 0 }
  #listeners: { readonly gateway: Listener; readonly control: Listener } | null = null

  readonly #parts: ProcessFactsParts
  readonly connectionLimit: number
  readonly storeKind: 'embedded' | 'external'

  constructor(parts: ProcessFactsParts) {
    this.#parts = parts
    this.connectionLimit = parts.connectionLimit
    this.storeKind = parts.storeKind
  }

  /** Takes a new reading and returns the loop's delays since the last call. */
  measure() {
    const loop = this.#parts.loopDelay.observed.take()
    this.#reading = { ...this.#parts.process.take(), loopP99Ms: Math.round((loop.quantile(0.99) ?? 0) * 10) / 10 }
    return { loop, ...this.#reading }
  }

  listen(gateway: Listener, control: Listener): void {
    this.#listeners = { gateway, control }
  }

  /** The last reading of `measure`. */
  get reading(): {
    readonly loopP99Ms: number
    readonly cpu: number
    readonly heapBytes: number
    readonly rssBytes: number
  } {
    return this.#reading
  }

  measured(): Pick<NodeStatus, 'loopP99Ms' | 'cpu' | 'heapBytes' | 'rssBytes' | 'openFiles' | 'fileLimit'> {
    return { ...this.#reading, openFiles: openFiles(), fileLimit: this.#parts.fileLimit }
  }

  listeners(): Pick<NodeStatus, 'gateway' | 'control'> {
    if (this.#listeners === null) throw new Error('the listeners were asked for before the node listens')
    return this.#listeners
  }

  settings(): NodeStatus['settings'] {
    return [...this.#parts.settings]
  }
}
