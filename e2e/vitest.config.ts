import { defineConfig } from 'vitest/config'

const isLong = process.env['GATEHOUSE_TEST_SIZE'] === 'long'

/** Files that promise no times and load no machine: two of them run at once. */
const together = [
  'src/scenarios/{client-readme,disconnect,hostile,refusals,rooms,targets,tls}.e2e.test.ts',
  'src/start/{container,scripts,start}.e2e.test.ts',
]
const shared = { fsModuleCache: false, testTimeout: isLong ? 300_000 : 60_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'together',
          include: together,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'alone',
          include: ['src/**/*.test.ts'],
          exclude: together,
          // Real processes and a browser on two cores: one file at a time, or the promised times mean nothing.
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
