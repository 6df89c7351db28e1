// fetch-sessions in Express and Fastify, which take Node's own request and response: measured over HTTP only.
import { expressSession, fastifySession } from '@fetch-sessions/node'
import { redisStore } from '@fetch-sessions/redis'
import { expressApp } from './express.js'
import { fastifyApp } from './fastify.js'
import { ours } from './ours.js'
import { PREFIX, redisClient } from './servers.js'

export const oursExpress = (options) =>
  ours(options, (sessions, routes) => expressApp([expressSession(sessions)], ofRequest(routes)))

export const oursExpressRedis = async (options) =>
  oursExpress({ ...options, store: redisStore(await redisClient(), { prefix: `${PREFIX}-ours-express:` }) })

export const oursFastify = (options) =>
  ours(options, (sessions, routes) => fastifyApp([[fastifySession, { sessions }]], ofRequest(routes)))

const ofRequest = ({ read, write }) => ({
  read: ({ session }) => read(session),
  write: ({ session }) => write(session),
})
