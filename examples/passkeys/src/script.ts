/** In the browser: asks the server what to sign, has the authenticator sign it, and sends the answer. */
export const passkeysScript = `const message = document.querySelector('.message')

async function post(path, body) {
  const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.problem)
  return answer
}

async function signUp(form) {
  const options = await post('/sign-up/options', { name: form.elements.name.value })
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  return post('/sign-up', await navigator.credentials.create({ publicKey }))
}

async function signIn() {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await post('/sign-in/options', {}))
  return post('/sign-in', await navigator.credentials.get({ publicKey }))
}

addEventListener('submit', async (event) => {
  const form = event.target
  const ceremony = { 'sign-up': signUp, 'sign-in': signIn }[form.id]
  if (ceremony === undefined) return
  event.preventDefault()
  if (form.hasAttribute('aria-busy')) return
  form.setAttribute('aria-busy', 'true')
  message.textContent = ''
  try {
    location.assign((await ceremony(form)).next)
  } catch (error) {
    message.textContent = error.name === 'NotAllowedError' ? 'No passkey was used.' : error.message
  } finally {
    form.removeAttribute('aria-busy')
  }
})
`
