import { createContext, untrack } from 'svelte'

/** One shortcut: a key ("x", "Shift x", "Escape") or a sequence of two ("g c"). */
export interface Shortcut {
  readonly keys: string
  /** What it does, in two or three words, for the status bar and the list of keys. */
  readonly label: string
  readonly run: () => void
  /** Shown in the status bar too, not only in the list of all keys. */
  readonly inBar?: boolean
}

/** How long to wait for the second key of a sequence. */
const SEQUENCE_MS = 900

/**
 * Every shortcut of what is on screen. The layer added last wins a key, so that a page can override the frame. Single
 * keys do nothing while somebody types or while they are turned off.
 */
export class Keys {
  #layers = $state.raw<readonly (readonly Shortcut[])[]>([])
  #first: { key: string; at: number } | null = null
  /** Single-key shortcuts can be turned off (WCAG 2.1.4); Escape and combinations stay. */
  isOn = $state(true)

  /** All shortcuts, the frame's first. */
  readonly all = $derived(this.#layers.flat())

  /** Those of the status bar, the page's before the frame's. */
  readonly inBar = $derived(
    this.#layers
      .toReversed()
      .flat()
      .filter((shortcut) => shortcut.inBar),
  )

  /** Adds shortcuts until the returned function is called; made to be returned from an effect. */
  add(shortcuts: readonly Shortcut[]): () => void {
    this.#layers = [...untrack(() => this.#layers), shortcuts]
    return () => {
      this.#layers = this.#layers.filter((layer) => layer !== shortcuts)
    }
  }

  /** Runs the shortcut of a key press; true when there was one. `now` is in ms. */
  press(event: KeyboardEvent, now: number): boolean {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false
    const key = nameOf(event)
    if (key !== 'Escape' && (!this.isOn || isTyping(event.target))) return false
    if (document.querySelector('dialog[open]')) return false
    const first = this.#first && now - this.#first.at <= SEQUENCE_MS ? this.#first.key : null
    this.#first = null
    const found = (first && this.#find(`${first} ${key}`)) || this.#find(key)
    if (found) {
      event.preventDefault()
      found.run()
      return true
    }
    if (this.all.some((shortcut) => shortcut.keys.startsWith(`${key} `))) this.#first = { key, at: now }
    return false
  }

  #find(keys: string): Shortcut | undefined {
    return this.all.findLast((shortcut) => shortcut.keys === keys)
  }
}

/** The shortcuts of the frame that a component belongs to. */
export const [getKeys, setKeys] = createContext<Keys>()

function nameOf(event: KeyboardEvent): string {
  const isLetter = /^\p{L}$/u.test(event.key)
  if (isLetter) return event.shiftKey ? `Shift ${event.key.toLowerCase()}` : event.key.toLowerCase()
  return event.key
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type)
}
