import type { Passkey } from './passkeys.js'

export interface User {
  readonly id: string
  readonly name: string
  readonly passkey: Passkey
}

/** Stands for a table of users, and one of their passkeys: a real application lets a person have several. */
export class Users {
  readonly #users = new Map<string, User>()

  byId(id: string): User | undefined {
    return this.#users.get(id)
  }

  byName(name: string): User | undefined {
    return this.#find((user) => user.name.toLowerCase() === name.toLowerCase())
  }

  byPasskey(id: unknown): User | undefined {
    return this.#find((user) => user.passkey.id === id)
  }

  /** `undefined` if the name is taken. */
  create(name: string, passkey: Passkey): User | undefined {
    if (this.byName(name) !== undefined || this.byPasskey(passkey.id) !== undefined) return undefined
    const user = { id: crypto.randomUUID(), name, passkey }
    this.#users.set(user.id, user)
    return user
  }

  #find(isRight: (user: User) => boolean): User | undefined {
    return [...this.#users.values()].find(isRight)
  }
}
