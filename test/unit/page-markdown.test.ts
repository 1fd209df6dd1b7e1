import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Inline, Mention } from '../../web-ui/src/text/inline-markdown.ts'
import { markdown, type Block } from '../../web-ui/src/text/markdown.ts'

/** Nodes as one readable line: what a browser would be told to make. */
function drawn(nodes: readonly (Block | Inline)[]): string {
  return nodes.map(one).join('')
}

function one(node: Block | Inline): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'code':
      return `<code>${node.text}</code>`
    case 'link':
      return `<a>${node.text}</a>`
    case 'mention':
      return `<${node.self ? 'me' : 'them'}>${node.text}</>`
    case 'list':
      return `<list ${node.start ?? '-'}>${node.items.map((item) => `[${drawn(item)}]`).join('')}</list>`
    default:
      return `<${node.kind}>${drawn(node.children)}</${node.kind}>`
  }
}

function inline(text: string, mentions: readonly Mention[] = []): string {
  return drawn(markdown(text, mentions)).replace(/^<paragraph>([^]*)<\/paragraph>$/, '$1')
}

/** All characters that would be shown. */
function shown(nodes: readonly (Block | Inline)[]): string {
  return nodes
    .map((node) => {
      if (node.kind === 'list') return node.items.map(shown).join('')
      return 'children' in node ? shown(node.children) : node.text
    })
    .join('')
}

function depth(nodes: readonly (Block | Inline)[]): number {
  return Math.max(
    0,
    ...nodes.map((node) => {
      if (node.kind === 'list') return 1 + Math.max(0, ...node.items.map(depth))
      return 'children' in node ? 1 + depth(node.children) : 1
    }),
  )
}

describe('marks within a line', () => {
  test.each([
    ['**water** at *ten*', '<strong>water</strong> at <em>ten</em>'],
    ['***both***', '<strong><em>both</em></strong>'],
    ['**bold with *more* inside**', '<strong>bold with <em>more</em> inside</strong>'],
    ['run `rm *` now', 'run <code>rm *</code> now'],
    ['```one line```', '<code>one line</code>'],
    ['2*3*4 = 24 and 5 * 6', '2*3*4 = 24 and 5 * 6'],
    ['**open', '**open'],
    ['*open **closed**', '*open <strong>closed</strong>'],
    ['**a *b** c*', '<strong>a *b</strong> c*'],
    ['****', '****'],
    ['** no **', '** no **'],
    ['see https://a.example/*x* or *y*', 'see <a>https://a.example/*x</a>* or <em>y</em>'],
  ])('%s', (text, expected) => {
    expect(inline(text)).toBe(expected)
  })
})

describe('blocks', () => {
  test('of code keep what is in them, to their fence or to the end', () => {
    expect(drawn(markdown('look:\n```js\na *b*\n\n> c\n```\nso'))).toBe(
      '<paragraph>look:</paragraph><code>a *b*\n\n> c</code><paragraph>so</paragraph>',
    )
    expect(drawn(markdown('```\nnever closed'))).toBe('<code>never closed</code>')
    expect(drawn(markdown('```'))).toBe('<code></code>')
  })

  test('quote, also within a quote, but not for ever', () => {
    expect(drawn(markdown('> one\n> > two\nthree'))).toBe(
      '<quote><paragraph>one</paragraph><quote><paragraph>two</paragraph></quote></quote><paragraph>three</paragraph>',
    )
    expect(drawn(markdown('>>>>> deep'))).toBe(
      '<quote><quote><quote><paragraph>>> deep</paragraph></quote></quote></quote>',
    )
  })

  test('list, with the numbers that were given', () => {
    expect(drawn(markdown('To bring:\n- **water**\n- bread\n\n3. three\n4. four'))).toBe(
      '<paragraph>To bring:</paragraph><list ->[<strong>water</strong>][bread]</list><list 3>[three][four]</list>',
    )
    expect(drawn(markdown('-no list\n-5 degrees'))).toBe(
      '<paragraph>-no list\n-5 degrees</paragraph>',
    )
  })

  test('leave line breaks as they were typed', () => {
    expect(drawn(markdown('a\n\nb\r\nc'))).toBe('<paragraph>a\n\nb\nc</paragraph>')
  })
})

describe('mentions', () => {
  const people = [
    { name: 'Ben', self: true },
    { name: 'Ben Maier', self: false },
    { name: '(.*)+$', self: false },
  ]
  test('are the names given, the longest first, whole words alone', () => {
    expect(inline('@Ben, ask @ben maier or @Benita', people)).toBe(
      '<me>@Ben</>, ask <them>@ben maier</> or @Benita',
    )
    expect(inline('**@Ben**', people)).toBe('<strong><me>@Ben</></strong>')
  })
  test('of names made of signs do no harm', () => {
    expect(inline('@(.*)+$ and @x', people)).toBe('<them>@(.*)+$</> and @x')
  })
})

describe('A29: hostile text', () => {
  test('is shown as it was typed, marks of HTML included', () => {
    const text = '<img src=x onerror="window.owned=1"><script>1</script>&lt;b&gt;'
    expect(markdown(text)).toEqual([{ kind: 'paragraph', children: [{ kind: 'text', text }] }])
  })

  const characters = fc.constantFrom(
    '*',
    '**',
    '***',
    '`',
    '```',
    '>',
    '> ',
    '- ',
    '1. ',
    '\n',
    ' ',
    '<',
    'a',
    '@Ben',
    '\u202e',
    'https://a.example/x',
    '(',
    '\\',
    '💛',
  )
  const texts = fc.oneof(
    fc.array(characters, { maxLength: 120 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 300 }),
  )

  test('never throws, shows nothing that was not typed, and stays flat', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const blocks = markdown(text, [{ name: 'Ben', self: true }])
        // A quote may stand in a quote twice, and bold in italic in that.
        expect(depth(blocks)).toBeLessThanOrEqual(7)
        let at = 0
        const source = text.replace(/\r\n|\r/g, '\n')
        for (const character of shown(blocks)) {
          at = source.indexOf(character, at)
          expect(at).toBeGreaterThanOrEqual(0)
          at += character.length
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('loses no letter', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const letters = (of: string): string => of.replace(/[^a<\u202e💛]/gu, '')
        // What follows an opening fence names a language: it alone may go.
        if (/^(> ?)*```/m.test(text)) return
        expect(letters(shown(markdown(text)))).toBe(letters(text))
      }),
      { numRuns: 2_000 },
    )
  })

  test.each(['*', '**', '***', '`', '> ', '* ', '**a', '*a ', '@', '- \n', '>'])(
    'a message full of %j is read in one go',
    (part) => {
      const text = part.repeat(16_384 / part.length)
      expect(depth(markdown(text, [{ name: '@', self: false }]))).toBeLessThanOrEqual(7)
    },
  )
})
