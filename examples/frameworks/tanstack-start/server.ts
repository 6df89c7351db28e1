import { serve } from 'srvx'

const { default: app }: { default: { fetch(request: Request): Promise<Response> } } = await import(
  new URL('./dist/server/server.js', import.meta.url).href
)

serve({ port: process.env.PORT ?? 3000, fetch: (request) => app.fetch(request) })
