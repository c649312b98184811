/** One view of a page. It has an address of its own, so a tab is a link. */
export interface Tab {
  readonly id: string
  readonly title: string
  readonly href: string
  readonly count?: number
}
