import { inject } from 'vitest'
import { type Runtime, runtimes } from '../src/runtimes.js'

/** The runtime whose servers are tested in this run. */
export const runtime: Runtime = runtimes.find(({ id }) => id === inject('runtime')) as Runtime
