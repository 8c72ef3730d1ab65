/** Sums up a CPU profile of the gateway by stage. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** The id of the node of each sample. */
  readonly samples?: readonly number[];
  /** Microseconds from each sample to the one before. */
  readonly timeDeltas?: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

export interface Cost {
  readonly name: string;
  readonly micros: number;
}

interface ProfileCosts {
  /** Without idle time, the most expensive first. */
  readonly stages: readonly Cost[];
  /** Self time of functions, native ones with the function that calls them. */
  readonly functions: readonly Cost[];
  readonly idleMicros: number;
}

/**
 * Stages by file, the first match counts. A file without a stage, such as one of `lib` or of Node, belongs to the stage
 * that calls it.
 */
const STAGES: readonly (readonly [stage: string, files: RegExp])[] = [
  [
    'database',
    /\/dist\/(storage|bus|generated)\/|\/dist\/profiles\/(shared-profiles|recent-changes)|node_modules\/(@prisma|pg|pg-[\w-]+|postgres-[\w-]+|@pgjs)\//,
  ],
  ['hydrate', /\/dist\/(profiles|feed\/hydrators)\//],
  ['filter', /\/dist\/feed\/(filters|sources)\//],
  ['score', /\/dist\/(scoring|feed\/scorers)\//],
  ['select', /\/dist\/feed\/selectors\//],
  ['present', /\/dist\/feed\/(present|badge|reason)\./],
  ['served feed and side effects', /\/dist\/feed\/(served|side-effects)\//],
  ['events', /\/dist\/tracking\//],
  [
    'Apollo Server and GraphQL',
    /\/dist\/graphql\/|node_modules\/(@apollo|graphql|graphql-[\w-]+|type-graphql|@graphql-[\w-]+|dataloader)\//,
  ],
  [
    'HTTP',
    /\/dist\/(server|auth)\/|node_modules\/(fastify|@fastify|@as-integrations|avvio|find-my-way|light-my-request|secure-json-parse|fast-json-stringify|process-warning|negotiator|reusify|fastq)\/|^node:(_http|internal\/(http|streams|stream_base)|net|internal\/net)/,
  ],
];

/** Stages of files that other stages use: the stage of the caller counts first. */
const SHARED_STAGES: readonly (readonly [stage: string, files: RegExp])[] = [
  ['catalog and trends', /\/dist\/(catalog|trends)\//],
  ['feed, other', /\/dist\/feed\//],
];

/** Frames of V8 that are no functions. */
const PSEUDO_STAGES: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code outside JavaScript',
  '(idle)': 'idle',
};

const OTHER = 'other';

export function costsOf(profile: CpuProfile): ProfileCosts {
  const self = selfMicros(profile);
  const stages = new Map<string, number>();
  const functions = new Map<string, number>();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const root = profile.nodes[0];
  const pending: { node: ProfileNode; stage: string; caller: string }[] =
    root === undefined ? [] : [{ node: root, stage: OTHER, caller: '' }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node } = next;
    const stage = stageOf(node, STAGES) ?? stageIfNone(node, next.stage);
    const name = nameOf(node, next.caller);
    const micros = self.get(node.id) ?? 0;
    if (micros > 0) {
      stages.set(stage, (stages.get(stage) ?? 0) + micros);
      functions.set(name, (functions.get(name) ?? 0) + micros);
    }
    const caller = node.callFrame.url === '' ? next.caller : name;
    for (const id of node.children ?? []) {
      const child = nodes.get(id);
      if (child !== undefined) pending.push({ node: child, stage, caller });
    }
  }
  const idleMicros = stages.get('idle') ?? 0;
  stages.delete('idle');
  functions.delete('(idle)');
  return { stages: sorted(stages), functions: sorted(functions), idleMicros };
}

function selfMicros({ samples = [], timeDeltas = [] }: CpuProfile): Map<number, number> {
  const self = new Map<number, number>();
  for (const [index, id] of samples.entries()) {
    // A sample stands for the time until the next one.
    self.set(id, (self.get(id) ?? 0) + Math.max(0, timeDeltas[index + 1] ?? 0));
  }
  return self;
}

/** Undefined for a file without a stage, and for native functions. */
function stageOf(
  { callFrame: { functionName, url } }: ProfileNode,
  stages: typeof STAGES,
): string | undefined {
  if (url === '') return PSEUDO_STAGES[functionName];
  return stages.find(([, files]) => files.test(url))?.[0];
}

function stageIfNone(node: ProfileNode, caller: string): string {
  return caller === OTHER ? (stageOf(node, SHARED_STAGES) ?? OTHER) : caller;
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode, caller: string): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return caller === '' || name.startsWith('(') ? name : `${name} in ${caller}`;
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^.*\/dist\//, '');
  return `${name} ${file}:${lineNumber + 1}`;
}

function sorted(costs: ReadonlyMap<string, number>): Cost[] {
  return [...costs].map(([name, micros]) => ({ name, micros })).sort((a, b) => b.micros - a.micros);
}
