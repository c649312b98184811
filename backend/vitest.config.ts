import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Said here because Vitest reads decorator flags only from a tsconfig that covers the file.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    fsModuleCache: false,
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
