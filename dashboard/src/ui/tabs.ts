/** One view of a page; its address says it, so a tab is a link. */
export interface Tab {
  readonly id: string
  readonly title: string
  readonly href: string
  readonly count?: number
}
