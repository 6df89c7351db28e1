import { describe } from '@fetch-sessions/example-frameworks-shared'
import type { ReactNode } from 'react'
import { sessions } from '../sessions'
import { count, countNothing, fail, signIn, signOut } from './actions'

export default async function Page(): Promise<ReactNode> {
  return (
    <main>
      <p>{describe(await sessions.read())}</p>
      <form action={count}>
        <button type="submit">count</button>
      </form>
      <form action={signIn}>
        <button type="submit">sign-in</button>
      </form>
      <form action={signOut}>
        <button type="submit">sign-out</button>
      </form>
      <form action={fail}>
        <button type="submit">fail</button>
      </form>
      <form action={countNothing}>
        <button type="submit">count-nothing</button>
      </form>
    </main>
  )
}
