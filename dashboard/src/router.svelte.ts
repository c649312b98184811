import { matchRoute, pathOf, type PageName, type PageParameters, type Route } from './routes.js'

/** What a link or a page may change in the query string; null removes the entry. */
export type QueryChange = Record<string, string | null>

/**
 * The address bar as state. Every filter, sort and selection lives in the query string, so that a reload, a copied link
 * and the back button all lead to the same view.
 */
export class Router {
  #location = $state.raw(readLocation())
  // Derived from the path alone, so that a page keeps its parameters while only the query changes.
  readonly #path = $derived(this.#location.path)
  #route = $derived(matchRoute(this.#path))

  get route(): Route {
    return this.#route
  }

  /** The path and query of the current view. */
  get address(): string {
    return this.#location.path + this.#location.search
  }

  /** The value of a query entry, or null. */
  query(name: string): string | null {
    return new URLSearchParams(this.#location.search).get(name)
  }

  /** The address of a page, for links: `href('room', { name }, { tab: 'members' })`. */
  href<Name extends PageName>(page: Name, parameters: PageParameters[Name], query: QueryChange = {}): string {
    return pathOf(page, parameters) + searchOf(new URLSearchParams(), query)
  }

  /** The current address with entries of its query changed, for links. */
  hrefWith(change: QueryChange): string {
    return this.#location.path + searchOf(new URLSearchParams(this.#location.search), change)
  }

  /** Goes to an address of this origin and adds it to the history. */
  go(address: string): void {
    history.pushState(null, '', address)
    this.#read()
  }

  /** Goes to a page by name. */
  open<Name extends PageName>(page: Name, parameters: PageParameters[Name], query: QueryChange = {}): void {
    this.go(this.href(page, parameters, query))
  }

  /** Changes entries of the query. Typing replaces the history entry; a chosen view (`push`) adds one. */
  setQuery(change: QueryChange, how: 'push' | 'replace' = 'replace'): void {
    const address = this.hrefWith(change)
    if (address === this.address) return
    if (how === 'push') history.pushState(null, '', address)
    else history.replaceState(null, '', address)
    this.#read()
  }

  /** Follows the back button and plain clicks on links; returns the function that stops it. */
  start(): () => void {
    const onPop = (): void => this.#read()
    const onClick = (event: MouseEvent): void => {
      const address = internalAddress(event)
      if (address === null) return
      event.preventDefault()
      if (address !== this.address) this.go(address)
    }
    addEventListener('popstate', onPop)
    document.addEventListener('click', onClick)
    return () => {
      removeEventListener('popstate', onPop)
      document.removeEventListener('click', onClick)
    }
  }

  #read(): void {
    const next = readLocation()
    const isOtherPage = next.path !== this.#location.path
    this.#location = next
    if (isOtherPage && typeof scrollTo === 'function') scrollTo(0, 0)
  }
}

function readLocation(): { path: string; search: string } {
  return { path: location.pathname, search: location.search }
}

function searchOf(entries: URLSearchParams, change: QueryChange): string {
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === '') entries.delete(name)
    else entries.set(name, value)
  }
  const text = entries.toString().replaceAll('%3A', ':').replaceAll('%2C', ',')
  return text === '' ? '' : `?${text}`
}

/** The address a click leads to inside the control room, or null when the browser should follow it itself. */
function internalAddress(event: MouseEvent): string | null {
  if (event.defaultPrevented || event.button !== 0) return null
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null
  const link = event.target instanceof Element ? event.target.closest('a[href]') : null
  if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.hasAttribute('download')) return null
  if (link.getAttribute('href')?.startsWith('#')) return null
  const url = new URL(link.href, location.href)
  const isOurs = url.origin === location.origin && matchRoute(url.pathname).page !== 'missing'
  return isOurs ? url.pathname + url.search : null
}
