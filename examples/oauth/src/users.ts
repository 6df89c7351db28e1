import type { Claims } from './openid-provider.js'

export interface User {
  readonly id: string
  readonly name: string
  /** A time: a later one ends all sessions that began before. */
  readonly since: string
}

/** Stands for a table of users. */
export class Users {
  readonly #users = new Map<string, User>()

  byId(id: string): User | undefined {
    return this.#users.get(id)
  }

  /** A person is who the issuer says, by `sub`: names and addresses change hands. */
  keep({ issuer, subject, name }: Claims): User {
    const id = `${issuer} ${subject}`
    const user = { id, name, since: this.#users.get(id)?.since ?? new Date().toISOString() }
    this.#users.set(id, user)
    return user
  }
}
