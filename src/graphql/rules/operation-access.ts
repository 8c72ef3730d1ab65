import {
  getNamedType,
  GraphQLError,
  isAbstractType,
  isNonNullType,
  isObjectType,
  Kind,
  valueFromASTUntyped,
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { accessDenied, isRestricted, mayUse, ruleOf, type Rule } from '../../auth/policy.js';
import type { Viewer } from '../../auth/viewer.js';
import type { BellwetherError } from '../../lib/errors.js';
import { fragmentsOf } from './fragments.js';
import { defaultsOf, type Variables } from './variable-defaults.js';

/** A restricted element that an operation uses. */
interface UsedElement {
  readonly coordinate: string;
  readonly rule: Rule;
  readonly node: ASTNode;
  /** Whether a request uses it: a field always, an argument if it has a value. */
  readonly isUsed: (variables: Variables) => boolean;
}

/** Hidden fields by response name, or what is hidden below a field. */
type HiddenFields = Map<string, HiddenField | HiddenFields>;

interface HiddenField {
  readonly rule: Rule;
  /** Whether the field is a non-null list, which becomes empty. Other fields become null. */
  readonly isList: boolean;
}

interface Analysis {
  readonly used: readonly UsedElement[];
  readonly hidden: HiddenFields;
  readonly hidingRules: readonly Rule[];
  readonly defaults: Variables;
}

/** Applies the access policy to operations, once per operation instead of once per field value. */
export class OperationAccess {
  /** Each document is analyzed once; Apollo Server caches the parsed documents. */
  readonly #analyses = new WeakMap<OperationDefinitionNode, Analysis>();

  constructor(private readonly schema: GraphQLSchema) {}

  /**
   * Returns the error for the first element of an operation that the viewer may not use, also if `@skip` or `@include`
   * leaves it out.
   *
   * @param document valid for the schema.
   */
  check(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
    viewer: Viewer,
  ): GraphQLError | undefined {
    if (viewer.role === 'OPEN') return undefined;
    const { used, defaults } = this.#analysis(document, operation);
    if (used.length === 0) return undefined;
    const values = { ...defaults, ...variables };
    const denied = used.find(({ rule, isUsed }) => !mayUse(viewer, rule) && isUsed(values));
    return denied && requestError(accessDenied(viewer, denied.coordinate, denied.rule), denied.node);
  }

  /** Replaces the values in the data of a result that the policy hides from the viewer. */
  hide(document: DocumentNode, operation: OperationDefinitionNode, viewer: Viewer, data: unknown): void {
    if (viewer.role === 'OPEN') return;
    const { hidden, hidingRules } = this.#analysis(document, operation);
    if (!hidingRules.every((rule) => mayUse(viewer, rule))) hideFields(data, hidden, viewer);
  }

  #analysis(document: DocumentNode, operation: OperationDefinitionNode): Analysis {
    let analysis = this.#analyses.get(operation);
    if (analysis === undefined) {
      analysis = analyze(this.schema, document, operation);
      this.#analyses.set(operation, analysis);
    }
    return analysis;
  }
}

function hideFields(data: unknown, hidden: HiddenFields, viewer: Viewer): void {
  if (Array.isArray(data)) {
    for (const item of data) hideFields(item, hidden, viewer);
  } else if (typeof data === 'object' && data !== null) {
    const values = data as Record<string, unknown>;
    for (const [name, field] of hidden) {
      const value = values[name];
      if (value === undefined || value === null) continue;
      if (field instanceof Map) hideFields(value, field, viewer);
      else if (!mayUse(viewer, field.rule)) values[name] = field.isList ? [] : null;
    }
  }
}

/** Visits each field once per path, with fragments expanded. */
function analyze(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Analysis {
  const fragments = fragmentsOf(document);
  const used: UsedElement[] = [];
  const hidden: HiddenFields = new Map();
  const hidingRules = new Set<Rule>();
  const visited = new Set<string>();

  const visitField = (node: FieldNode, type: GraphQLObjectType, path: readonly string[]): void => {
    const field = type.getFields()[node.name.value];
    // Introspection fields are not listed by the type.
    if (field === undefined) return;
    const coordinate = `${type.name}.${field.name}`;
    const rule = ruleOf(coordinate);
    const below = [...path, (node.alias ?? node.name).value];
    if (rule.hides) {
      hidingRules.add(rule);
      setHidden(hidden, below, { rule, isList: isNonNullType(field.type) });
    } else if (isRestricted(rule)) used.push({ coordinate, rule, node, isUsed: () => true });
    used.push(...restrictedArguments(node, coordinate));
    if (node.selectionSet) visit(node.selectionSet, getNamedType(field.type), below);
  };
  const visit = ({ selections }: SelectionSetNode, type: GraphQLNamedType, path: readonly string[]): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        // A field of an abstract type is as restricted as that of any type behind it.
        const types = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
        for (const possible of types) if (isObjectType(possible)) visitField(selection, possible, path);
        continue;
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        visit(selection.selectionSet, conditionOf(selection) ?? type, path);
        continue;
      }
      const spread = [...path, selection.name.value].join(' ');
      const fragment = fragments.get(selection.name.value);
      // Fragments that spread others several times then take linear time.
      if (fragment === undefined || visited.has(spread)) continue;
      visited.add(spread);
      visit(fragment.selectionSet, conditionOf(fragment) ?? type, path);
    }
  };
  const conditionOf = ({ typeCondition }: FragmentDefinitionNode | InlineFragmentNode) =>
    typeCondition && schema.getType(typeCondition.name.value);

  const root = schema.getRootType(operation.operation);
  if (root) visit(operation.selectionSet, root, []);
  return { used, hidden, hidingRules: [...hidingRules], defaults: defaultsOf(operation) };
}

/** An argument whose value is null counts as left out, so that documents can declare a variable for it. */
function restrictedArguments({ arguments: given = [] }: FieldNode, field: string): UsedElement[] {
  return given.flatMap((node) => {
    const coordinate = `${field}(${node.name.value}:)`;
    const rule = ruleOf(coordinate);
    const isUsed = (variables: Variables): boolean => valueFromASTUntyped(node.value, variables) != null;
    return isRestricted(rule) ? [{ coordinate, rule, node, isUsed }] : [];
  });
}

function setHidden(hidden: HiddenFields, path: readonly string[], field: HiddenField): void {
  let parent = hidden;
  for (const name of path.slice(0, -1)) {
    const child = parent.get(name);
    const fields = child instanceof Map ? child : new Map<string, HiddenField | HiddenFields>();
    // A field that is hidden as a whole needs no entries for the fields below it.
    if (child !== undefined && child !== fields) return;
    parent.set(name, fields);
    parent = fields;
  }
  parent.set(path.at(-1) ?? '', field);
}

/** The error has the HTTP status that docs/errors.md names for its code. */
function requestError(denied: BellwetherError, node: ASTNode): GraphQLError {
  const status = denied.code === 'UNAUTHENTICATED' ? 401 : 403;
  return new GraphQLError(denied.message, {
    nodes: node,
    originalError: denied,
    extensions: { http: { status } },
  });
}
