import { AsyncLocalStorage } from 'node:async_hooks'

// Where Next runs, it puts it there itself. To be imported before anything of Next.
Object.assign(globalThis, { AsyncLocalStorage })
