import { sessions } from '../sessions'
import { count } from './actions'

export default async function Page() {
  const session = await sessions.read()
  return (
    <form action={count}>
      <button type="submit">Visit {session.get('count') ?? 0}</button>
    </form>
  )
}
