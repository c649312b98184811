export type ThemeChoice = 'system' | 'dark' | 'light'

const KEY = 'gatehouse.theme'

/** The chosen theme, kept in this browser; `public/theme.js` reads the same entry before the first paint. */
export class Theme {
  #choice = $state<ThemeChoice>(readChoice())

  get choice(): ThemeChoice {
    return this.#choice
  }

  choose(choice: ThemeChoice): void {
    this.#choice = choice
    if (choice === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = choice
    try {
      if (choice === 'system') localStorage.removeItem(KEY)
      else localStorage.setItem(KEY, choice)
    } catch {
      // Storage may be blocked; the choice then lasts for this visit.
    }
  }

  /** The next of system, dark and light. */
  cycle(): void {
    const order: readonly ThemeChoice[] = ['system', 'dark', 'light']
    this.choose(order[(order.indexOf(this.#choice) + 1) % order.length] ?? 'system')
  }
}

function readChoice(): ThemeChoice {
  const theme = document.documentElement.dataset.theme
  return theme === 'dark' || theme === 'light' ? theme : 'system'
}
