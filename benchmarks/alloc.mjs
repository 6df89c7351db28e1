const { MemoryStore, SessionManager } = await import('/work/main/packages/core/dist/index.js')
const { newData, SECRET } = await import('./contestants/visit.js')
const store = new MemoryStore()
const sessions = new SessionManager({ store, secret: SECRET })
const cookies = [], ids=[]
for (let i = 0; i < 100; i++) { const s=(await sessions.issue({ ...newData(), count: 1 })); cookies.push(s.cookie); ids.push(s.id) }
const R = new Response('x', { headers: { Vary: 'Cookie' } })
const mk = () => new Request('http://localhost/read', { headers: { cookie: cookies[(Math.random() * 100) | 0] } })
const fs = { empty: async () => R, response: async () => new Response('x'), 'resp+vary': async () => {const r = new Response('x'); r.headers.append('Vary','Cookie'); return r}, header: async (r) => { r.headers.get('cookie'); return R }, store: async()=>store.load(ids[5]), parse: async () => JSON.parse('{"count":1,"pad":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}'), untouched: (r) => sessions.handle(r, async () => R), readonly: (r)=>sessions.open(r).read(), read: (r) => sessions.handle(r, async (h) => { (await h.read()).get('count'); return R }),  write: (r) => sessions.handle(r, async (h) => { (await h.write()).update('count', (n=0)=>n+1); return R }) }
for (const [n, f] of Object.entries(fs)) { 
  for (let i=0;i<20000;i++) { await f(mk()); if (i%500===0) await new Promise(setImmediate) }
  let best=Infinity
  for (let k=0;k<8;k++) { const rs = Array.from({length:300}, mk); gc(); const a=process.memoryUsage().heapUsed; for (const r of rs) await f(r); const b=process.memoryUsage().heapUsed; best=Math.min(best, (b-a)/300) }
  console.log(n.padEnd(10), best.toFixed(0))
}
