import { respond } from './app.js'

export default { fetch: (request: Request): Response | Promise<Response> => respond(request) }
