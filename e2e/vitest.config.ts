import { defineConfig } from 'vitest/config'

const isLong = process.env['GATEHOUSE_TEST_SIZE'] === 'long'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    fsModuleCache: false,
    // Real processes and a browser on two cores: one file at a time, or the promised times mean nothing.
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: isLong ? 300_000 : 60_000,
    hookTimeout: 120_000,
  },
})
