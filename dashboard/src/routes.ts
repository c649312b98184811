/** A page without parameters in its path. */
export type NoParameters = Record<string, never>

/** Every page of the control room and the parameters in its path. */
export interface PageParameters {
  overview: NoParameters
  connections: NoParameters
  connection: { id: string }
  rooms: NoParameters
  room: { name: string }
  closed: NoParameters
  closeRecord: { id: string }
  refusals: NoParameters
  bans: NoParameters
  node: NoParameters
  operations: NoParameters
  operation: { id: string }
  audit: NoParameters
  access: NoParameters
  signIn: NoParameters
}

export type PageName = keyof PageParameters

/** A page with its parameters; `missing` stands for a path that leads nowhere. */
export type Route =
  | { [Name in PageName]: { page: Name; parameters: PageParameters[Name] } }[PageName]
  | { page: 'missing'; parameters: { path: string } }

/** Path patterns in order of matching; `:x` is one segment, decoded. */
const PATTERNS: Record<PageName, string> = {
  overview: '/',
  connections: '/connections',
  connection: '/connections/:id',
  rooms: '/rooms',
  room: '/rooms/:name',
  closed: '/closed',
  closeRecord: '/c/:id',
  refusals: '/refusals',
  bans: '/bans',
  node: '/node',
  operations: '/operations',
  operation: '/operations/:id',
  audit: '/audit',
  access: '/access',
  signIn: '/signin',
}

/** The route of a path; trailing slashes are ignored, malformed escapes are `missing`. */
export function matchRoute(path: string): Route {
  const segments = splitPath(path)
  for (const [page, pattern] of Object.entries(PATTERNS)) {
    const parameters = segments && matchSegments(splitPath(pattern) ?? [], segments)
    if (parameters) return { page, parameters } as Route
  }
  return { page: 'missing', parameters: { path } }
}

/** The path of a page, its parameters escaped. */
export function pathOf<Name extends PageName>(page: Name, parameters: PageParameters[Name]): string {
  const values = parameters as Record<string, string>
  return PATTERNS[page].replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
}

function splitPath(path: string): string[] | null {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent)
  } catch {
    return null
  }
}

function matchSegments(pattern: string[], segments: string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null
  const parameters: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith(':')) parameters[part.slice(1)] = segment
    else if (part !== segment) return null
  }
  return parameters
}
