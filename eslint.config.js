import js from '@eslint/js';
import graphql from '@graphql-eslint/eslint-plugin';
import tseslint from 'typescript-eslint';

const ENVIRONMENT = { object: 'process', property: 'env', message: 'Only src/config reads the environment.' };
const RANDOMNESS = { object: 'Math', property: 'random', message: 'Randomness comes through an argument.' };

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'src/generated/',
      'node_modules/',
      '.bellwether/',
      'coverage/',
      '.dependency-cruiser.cjs',
    ],
  },
  {
    files: ['**/*.{js,ts}'],
    extends: [js.configs.recommended, ...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.tests.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A variable beside a rest element leaves a field out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // Resolver classes hold only methods, and decorated classes only fields.
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config/**'],
    rules: {
      'no-restricted-properties': ['error', ENVIRONMENT, RANDOMNESS],
    },
  },
  {
    // Only src/app passes Math.random on.
    files: ['src/app/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ENVIRONMENT],
    },
  },
  {
    files: ['src/cli/**/*.ts'],
    ignores: ['src/cli/output/text-table.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { name: 'cli-table3', message: 'Use TextTable, which makes control characters in cells visible.' },
      ],
    },
  },
  {
    files: ['bench/**/*.ts', 'prisma/**/*.ts', 'scripts/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  { files: ['*.js', 'bench/peers/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['schema/operations/**/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    extends: [{ rules: graphql.configs['flat/operations-recommended'].rules }],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: {
        graphQLConfig: {
          schema: './schema/schema.graphql',
          documents: './schema/operations/**/*.graphql',
        },
      },
    },
    rules: {
      // The documents name what a page shows, and a market is known by its id wherever it is shown.
      '@graphql-eslint/selection-set-depth': 'off',
    },
  },
);
