// The chat page of the demo: two connections of the client library, and the record of the first.
import { connect } from '../client/index.js'

const REFRESH_MS = 1000
const KEPT_LINES = 200

const post = async (path, body = {}) => {
  const headers = { 'content-type': 'application/json', 'x-demo': '1' }
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

const element = (name, className, text) => {
  const made = document.createElement(name)
  made.className = className
  made.textContent = text
  return made
}

/** One person: a connection, its messages and a field to write in. */
class Pane {
  constructor(section, name, visit) {
    this.name = name
    this.visit = visit
    section.append(document.getElementById('pane').content.cloneNode(true))
    section.querySelector('.name').textContent = name
    this.state = section.querySelector('.state')
    this.messages = section.querySelector('.messages')
    section.querySelector('form').addEventListener('submit', (event) => {
      event.preventDefault()
      const { text } = event.target.elements
      if (text.value.trim() !== '') void this.say(text.value)
      text.value = ''
    })
    this.open()
  }

  open() {
    this.connection = connect({
      url: this.visit.gatewayUrl,
      getToken: async () => (await post('/api/token', { name: this.name })).token,
      client: { name: 'demo', version: '1' },
    })
    const { connection } = this
    connection.on('open', ({ isReconnect }) => this.note('event', isReconnect ? 'connected again' : 'connected'))
    connection.on('drain', () => this.note('event', 'the node is being drained'))
    connection.on('roomClosed', ({ message }) =>
      this.note('event', `the room was closed${message ? `: ${message}` : ''}`),
    )
    connection.on('refused', ({ sentence }) => this.note('end', sentence))
    connection.on('disconnect', ({ code, sentence, reconnectInMs }) => {
      const next =
        reconnectInMs === undefined ? 'not coming back by itself' : `back in ${Math.round(reconnectInMs / 100) / 10} s`
      this.note('end', `${sentence} (code ${code}, ${next})`)
    })
    connection
      .join(this.visit.room, { onMessage: (message) => this.show(message) })
      .catch((error) => this.note('end', error.message))
  }

  async say(text) {
    await this.connection.publish(this.visit.room, { text }).catch((error) => this.note('end', error.message))
  }

  show({ from, data }) {
    const line = element('li', from?.user === this.name ? 'own' : '', '')
    line.append(element('span', 'who', from?.user ?? from?.service ?? ''), String(data?.text ?? JSON.stringify(data)))
    this.add(line)
  }

  note(kind, text) {
    this.add(element('li', kind, text))
  }

  add(line) {
    const isAtEnd = this.messages.scrollHeight - this.messages.scrollTop - this.messages.clientHeight < 40
    this.messages.append(line)
    while (this.messages.children.length > KEPT_LINES) this.messages.firstChild.remove()
    if (isAtEnd) this.messages.scrollTop = this.messages.scrollHeight
  }
}

/** The first person's connection as the control room sees it. */
class ConnectionRecord {
  constructor(pane) {
    this.pane = pane
    this.sentence = document.getElementById('sentence')
    this.facts = document.getElementById('facts')
    this.timeline = document.getElementById('timeline')
    this.kick = document.getElementById('kick')
    this.again = document.getElementById('return')
    this.kick.addEventListener('click', () => void post(`/api/kick/${this.pane.connection.id}`).catch(() => {}))
    this.again.addEventListener('click', () => this.pane.open())
  }

  start() {
    setInterval(() => void this.refresh(), REFRESH_MS)
  }

  async refresh() {
    const { id, state } = this.pane.connection
    this.pane.state.textContent = state
    this.kick.disabled = state !== 'open'
    this.again.hidden = state !== 'closed'
    if (id === undefined) return
    const response = await fetch(`/api/record/${id}`)
    if (!response.ok) return
    const { open, closed } = await response.json()
    if (open)
      this.draw(`Open, in ${open.rooms} room${open.rooms === 1 ? '' : 's'}.`, openFacts(open), open.timeline, false)
    else if (closed) this.draw(closed.sentence, closedFacts(closed), closed.timeline, true)
  }

  draw(sentence, facts, timeline, isClosed) {
    if (this.sentence.textContent !== sentence) this.sentence.textContent = sentence
    this.sentence.classList.toggle('is-closed', isClosed)
    this.facts.replaceChildren(
      ...facts.flatMap(([name, value]) => [element('dt', '', name), element('dd', '', String(value ?? '–'))]),
    )
    this.timeline.replaceChildren(
      ...timeline.toReversed().map(({ at, kind, detail }) => {
        const line = element('li', '', '')
        line.append(element('time', '', new Date(at).toLocaleTimeString()), `${kind}${detail ? ` ${detail}` : ''}`)
        return line
      }),
    )
  }
}

const openFacts = (open) => [
  ['Connection', open.id],
  ['User', open.user],
  ['State', open.state],
  ['Messages in', open.messagesIn],
  ['Deliveries written', open.deliveries.written],
  ['Waiting', `${open.pendingBytes} B`],
  ['Round trip', open.rttMs === null ? null : `${Math.round(open.rttMs * 10) / 10} ms`],
  ['Token ends', open.claims && new Date(open.claims.expiresAt).toLocaleTimeString()],
]

const closedFacts = (closed) => [
  ['Connection', closed.id],
  ['Reason', closed.reason],
  ['Code', closed.code],
  ['Who', closed.actor ?? closed.initiator],
  ['Lasted', `${Math.round(closed.durationMs / 1000)} s`],
  ['What to do', closed.cure],
]

const visit = await post('/api/visit')
document.getElementById('control').href = visit.controlUrl
const [you, friend] = document.querySelectorAll('.pane')
const pane = new Pane(you, visit.names[0], visit)
const other = new Pane(friend, visit.names[1], visit)
const record = new ConnectionRecord(pane)
record.start()
setInterval(() => (other.state.textContent = other.connection.state), REFRESH_MS)
