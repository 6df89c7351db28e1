import express, { type RequestHandler } from 'express'
import { type Served, serve } from './http.js'

/** An Express application whose sessions are those of this middleware. */
export function expressApp(sessions: RequestHandler): Promise<Served> {
  const app = express()
  const sessionOf = (request: object): Record<string, unknown> =>
    (request as { session: Record<string, unknown> }).session
  app.use(express.json(), sessions)
  app.post('/app', (request, response) => {
    Object.assign(sessionOf(request), request.body)
    response.end()
  })
  app.get('/app', (request, response) => {
    const { cookie: _cookie, ...data } = sessionOf(request)
    response.json(data)
  })
  app.get('/app/touch', (request, response) => {
    response.json(sessionOf(request).user ?? null)
  })
  return serve(app)
}
