import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

/** Where `vite dev` forwards API calls: the control port of a node started beside it. */
const controlPort = process.env.CONTROL_PORT ?? '8081'

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2023',
    // The Content-Security-Policy has no data: for fonts or scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/v1': { target: `http://127.0.0.1:${controlPort}`, ws: true } },
  },
})
