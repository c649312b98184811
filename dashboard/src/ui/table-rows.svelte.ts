/**
 * The rows of a table, their order and what is selected. Rows never move while some are selected or pointed at: fresh
 * values are written into the rows in place, and new rows wait until they are shown.
 */
export class TableRows<Row> {
  #rows = $state.raw<readonly Row[]>([])
  #next: readonly Row[] | null = null
  #waiting = $state(0)
  #selected = $state.raw<ReadonlySet<string>>(new Set())
  #anchor: string | null = null
  #isAllMatching = $state(false)
  #cursor = $state(-1)
  /** The pointer is over the rows. */
  isPointedAt = $state(false)

  /** `idOf` gives a row its lasting id. */
  constructor(readonly idOf: (row: Row) => string) {}

  /** The order is held. A plain getter, because answers that arrive late read it outside of any effect. */
  get isHeld(): boolean {
    return this.#selected.size > 0 || this.isPointedAt
  }
  get rows(): readonly Row[] {
    return this.#rows
  }
  /** Rows that arrived while the order was held. */
  get waiting(): number {
    return this.#waiting
  }
  get selected(): ReadonlySet<string> {
    return this.#selected
  }
  /** The selection is the filter itself, not a list of rows. */
  get isAllMatching(): boolean {
    return this.#isAllMatching
  }
  /** Index of the row under the keyboard cursor, or -1. */
  get cursor(): number {
    return this.#cursor
  }
  get current(): Row | undefined {
    return this.#rows[this.#cursor]
  }
  readonly selectedRows = $derived(this.#rows.filter((row) => this.#selected.has(this.idOf(row))))

  /** Shows the answer to another question: order, cursor and selection are reset. */
  replace(rows: readonly Row[]): void {
    this.#rows = rows
    this.#next = null
    this.#waiting = 0
    this.#cursor = -1
    this.clearSelection()
  }

  /** Adds the next page below, without the rows that are already there. */
  append(rows: readonly Row[]): void {
    const known = new Set(this.#rows.map(this.idOf))
    this.#rows = [...this.#rows, ...rows.filter((row) => !known.has(this.idOf(row)))]
  }

  /** Takes a new answer to the same question: in place while the order is held, otherwise in its own order. */
  refresh(rows: readonly Row[]): void {
    if (!this.isHeld) return this.#adopt(rows)
    const fresh = new Map(rows.map((row) => [this.idOf(row), row]))
    const standing = new Set(this.#rows.map(this.idOf))
    this.#rows = this.#rows.map((row) => fresh.get(this.idOf(row)) ?? row)
    this.#waiting = rows.filter((row) => !standing.has(this.idOf(row))).length
    this.#next = rows
  }

  /** Shows the rows that waited; the selection stays. */
  showWaiting(): void {
    if (this.#next) this.#adopt(this.#next)
  }

  /** Moves the keyboard cursor by rows. */
  move(by: number): void {
    if (this.#rows.length > 0) this.#cursor = Math.max(0, Math.min(this.#rows.length - 1, this.#cursor + by))
  }

  moveTo(index: number): void {
    this.#cursor = index
  }

  /** Selects or deselects the row at an index; `extend` selects everything from the last one chosen. */
  toggle(index: number, extend = false): void {
    const row = this.#rows[index]
    if (!row) return
    const id = this.idOf(row)
    const next = new Set(this.#selected)
    const anchor = this.#anchor === null ? -1 : this.#rows.findIndex((other) => this.idOf(other) === this.#anchor)
    if (extend && anchor >= 0) {
      const [from, to] = anchor < index ? [anchor, index] : [index, anchor]
      for (const between of this.#rows.slice(from, to + 1)) next.add(this.idOf(between))
    } else if (!next.delete(id)) {
      next.add(id)
    }
    this.#anchor = id
    this.#isAllMatching = false
    this.#selected = next
  }

  /** Selects every row that is loaded. */
  selectLoaded(): void {
    this.#isAllMatching = false
    this.#selected = new Set(this.#rows.map(this.idOf))
  }

  /** Selects whatever the filter matches, loaded or not. */
  selectAllMatching(): void {
    this.selectLoaded()
    this.#isAllMatching = true
  }

  clearSelection(): void {
    this.#selected = new Set()
    this.#isAllMatching = false
    this.#anchor = null
  }

  #adopt(rows: readonly Row[]): void {
    const current = this.current && this.idOf(this.current)
    this.#rows = rows
    this.#next = null
    this.#waiting = 0
    if (current !== undefined) this.#cursor = rows.findIndex((row) => this.idOf(row) === current)
  }
}
