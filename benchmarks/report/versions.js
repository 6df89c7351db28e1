import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import process from 'node:process'

const PACKAGES = ['hono', 'itty-router', 'h3', 'express', 'fastify', '@hono/node-server']
const LIBRARIES = ['hono-sessions', '@hono/session', 'iron-session', '@remix-run/session', '@remix-run/cookie']
const NODE_LIBRARIES = ['express-session', 'connect-redis', 'connect-pg-simple', '@fastify/session', '@fastify/cookie']
const RUNTIMES = ['bun', 'deno', 'workerd']

/** Where it was measured, and what. */
export function describe({ isPinned }) {
  const [{ model }] = cpus()
  const version = (name) => `${name} ${versionOf(name)}`
  return [
    `Machine: ${model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release().split('-')[0]}.`,
    `Node ${process.version.slice(1)}. ${RUNTIMES.map(version).join(', ')}.`,
    `Frameworks: ${PACKAGES.map(version).join(', ')}.`,
    `Session libraries: ${[...LIBRARIES, ...NODE_LIBRARIES].map(version).join(', ')}.`,
    isPinned ? 'Each server shared one core with its clients.' : 'Server and clients shared the cores.',
  ]
}

function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version
}
