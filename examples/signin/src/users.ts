import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

/** The OWASP password storage cheat sheet's parameters for scrypt. It takes 128 MiB for a moment, on purpose. */
const COST: ScryptOptions = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }

interface PasswordHash {
  readonly salt: string
  readonly hash: string
}

/** Stands for a table of users. The passwords are "demo-password" and "guest-password". */
const users: ReadonlyMap<string, PasswordHash> = new Map([
  ['demo', { salt: 'FebIiQGH2q2TzrsuJVRHCA', hash: 'zyQinPrJpIILSw0IGaxf49IAIQ3JvF2VgSO8lZocSyc' }],
  ['guest', { salt: 'Y3DAu9ActG_uZWw-WSDA3Q', hash: 'Oy0nC23jdiai9PrBFN0SKnhl839u0YmScUf3aCr1PFc' }],
])

/** For a name that nobody has: the same work is done, so that the time it takes does not tell which names exist. */
const nobody: PasswordHash = await hashPassword(randomBytes(32).toString('base64url'))

export async function isPasswordOf(name: string, password: string): Promise<boolean> {
  const { salt, hash } = users.get(name) ?? nobody
  const given = await derive(password, salt)
  return timingSafeEqual(given, Buffer.from(hash, 'base64url')) && users.has(name)
}

/** What to keep of a new password. */
export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16).toString('base64url')
  return { salt, hash: (await derive(password, salt)).toString('base64url') }
}

function derive(password: string, salt: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, 32, COST, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
