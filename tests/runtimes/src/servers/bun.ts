import { respond } from './app.js'

declare const Bun: {
  serve(options: { port: number; hostname: string; fetch: typeof respond }): { port: number }
}

const { port } = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: respond })
console.log(JSON.stringify({ port }))
