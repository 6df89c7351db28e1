import { Visitor } from '@fetch-sessions/core/testing'

type VisitOptions = Omit<RequestInit, 'headers'> & { headers?: Record<string, string>; cookie?: string }

/** A client that keeps its cookies as a browser does, of an application at an address. It does not follow redirects. */
export class Client {
  readonly origin: string
  readonly #visitor: Visitor

  constructor(origin: string) {
    this.origin = origin
    this.#visitor = new Visitor(origin)
  }

  /** The `Cookie` header of the next visit. */
  get cookie(): string {
    return this.#visitor.cookie(`${this.origin}/`)
  }

  /** With another `cookie`, what comes back is not kept: somebody else has asked. */
  visit(path: string, { cookie, headers, ...init }: VisitOptions = {}): Promise<Response> {
    const asked =
      cookie === undefined
        ? { headers: { ...headers } }
        : { headers: { ...headers, cookie }, credentials: 'omit' as const }
    return this.#visitor.fetch(this.origin + path, { ...init, ...asked })
  }

  async text(path: string, options?: VisitOptions): Promise<string> {
    return (await this.visit(path, options)).text()
  }
}
