// The dependency rule of docs/architecture.md. Types count like values. Tests may reach further where a rule says so.
const test = '\\.(test|contract)\\.ts$|/testing/|/testing\\.ts$'
const backend = (...folders) => `^backend/src/(${folders.join('|')})/`

/** Files of `from` may import nothing that matches `to`. */
const never = (name, from, to, { exceptTests = true, fromNot = [], toNot = [] } = {}) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: [...(exceptTests ? [test] : []), ...fromNot] },
  to: { path: to, pathNot: toNot },
})

/** Files of `from` may import nothing but what matches `to`. */
const only = (name, from, to, { fromNot = [] } = {}) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: [test, ...fromNot] },
  to: { pathNot: to },
})

/** Files that may name each other's types in a circle: see decision 0007. */
const knownPairs = [
  '^backend/src/realtime/(connections/connection|rooms/(membership|room|room-flush))\\.ts$',
  '^client/src/(connection|room)\\.ts$',
]

/** The folders of the core, lowest first: each knows those before it. */
const floors = [
  'room-types',
  'ports',
  'replies',
  'books',
  'encoding',
  'delivery',
  'limits',
  'rights',
  'connections',
  'presence',
  'receipts',
  'rooms',
  'identity',
  'admission',
]
const core = (...names) => `^backend/src/realtime/(${names.join('|')})/`

const abstractStore = '^backend/src/store/repositories/'

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: { pathNot: [test, ...knownPairs] },
      to: { circular: true },
    },
    {
      name: 'no-cycles-of-code',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      // The chat page's script is served beside the built client, not beside its sources.
      from: { pathNot: '^demo/page/' },
      to: { couldNotResolve: true, pathNot: ['^virtual:', '\\.svelte$', '\\?'] },
    },
    only('protocol-imports-nothing', '^protocol/src/', ['^protocol/src/'], { fromNot: ['^protocol/src/rest/'] }),
    only('protocol-rest-imports-zod', '^protocol/src/rest/', ['^protocol/src/', '(^|/)node_modules/zod/']),
    only('client-imports-protocol', '^client/src/', ['^client/src/', '^protocol/']),
    never('outsiders-use-the-wire', '^(dashboard|e2e|bench|demo)/', '^backend/', { exceptTests: false }),
    only('realtime-imports-protocol', '^backend/src/realtime/', ['^backend/src/realtime/', '^protocol/']),
    never(
      'realtime-tests-stay-in-the-core',
      '^backend/src/realtime/',
      backend('gateway', 'control', 'operations', 'jobs', 'store'),
      {
        exceptTests: false,
      },
    ),
    ...floors.map((floor, at) =>
      only(
        `realtime-floor-${floor}`,
        core(floor),
        [core(...floors.slice(0, at + 1)), '^protocol/'],
        // A connection holds its memberships: see decision 0007.
        { fromNot: ['/connections/connection\\.ts$'] },
      ),
    ),
    only('a-connection-names-its-memberships', '/connections/connection\\.ts$', [
      core(...floors.slice(0, floors.indexOf('connections') + 1)),
      '^backend/src/realtime/rooms/membership\\.ts$',
      '^protocol/',
    ]),
    never(
      'gateway-knows-the-core',
      '^backend/src/gateway/',
      backend('control', 'operations', 'jobs', 'store', 'infra'),
    ),
    // The dashboards' live stream is a second gateway: it shares the dispatcher with the first.
    never('control-knows-no-gateway', '^backend/src/control/', backend('gateway'), {
      fromNot: ['^backend/src/control/live/', '^backend/src/control/control\\.module\\.ts$'],
    }),
    only('net-stands-alone', '^backend/src/net/', ['^backend/src/net/', '(^|/)node_modules/ipaddr\\.js/']),
    never('control-knows-no-workers', '^backend/src/control/', backend('jobs', 'infra')),
    never('operations-know-no-edges', '^backend/src/operations/', backend('gateway', 'control', 'jobs', 'infra')),
    never('jobs-know-operations', '^backend/src/jobs/', backend('gateway', 'control', 'infra')),
    never('only-abstract-repositories', backend('gateway', 'control', 'operations', 'jobs'), '^backend/src/store/', {
      toNot: [abstractStore],
    }),
    never(
      'infra-implements-ports',
      '^backend/src/infra/',
      backend('gateway', 'control', 'operations', 'jobs', 'store'),
    ),
    never(
      'store-implements-ports',
      '^backend/src/store/',
      backend('gateway', 'control', 'operations', 'jobs', 'infra'),
      {
        fromNot: [],
        toNot: ['/ports/'],
      },
    ),
    never('repositories-are-abstract', abstractStore, '^backend/src/store/', { toNot: [abstractStore] }),
    only('config-stands-alone', '^backend/src/config/', [
      '^backend/src/config/',
      '^backend/src/net/',
      '^backend/src/realtime/(room-types/|ports/session-life\\.ts$)',
      '^protocol/',
      '(^|/)node_modules/(zod|ipaddr\\.js|ajv|ajv-formats)/',
      '^(node:)?(child_process|crypto|fs|net|path)$',
    ]),
  ],
  options: {
    // Types count: a cycle of types is a cycle of knowledge.
    tsPreCompilationDeps: true,
    // Other packages resolve to their dist; leaving that out would lose every edge between packages.
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default', 'svelte'] },
  },
}
