import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, type ContextManager, ROOT_CONTEXT } from '@opentelemetry/api'

/** Keeps the active span for whatever a request waits for, as the SDKs for servers do. */
export class AsyncContextManager implements ContextManager {
  readonly #storage: AsyncLocalStorage<Context> = new AsyncLocalStorage()

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT
  }

  with<Args extends unknown[], Act extends (...args: Args) => ReturnType<Act>>(
    context: Context,
    act: Act,
    thisArg?: ThisParameterType<Act>,
    ...args: Args
  ): ReturnType<Act> {
    return this.#storage.run(context, () => act.call(thisArg, ...args))
  }

  bind<T>(_context: Context, target: T): T {
    return target
  }

  enable(): this {
    return this
  }

  disable(): this {
    return this
  }
}
