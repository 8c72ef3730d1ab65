import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { INPUT_PROBLEM_CODES, type InputProblemCode } from '../../lib/input/input-problem.js';
import { enumOf } from './enum-of.js';

const InputProblemCodeEnum = enumOf(INPUT_PROBLEM_CODES);

registerEnumType(InputProblemCodeEnum, {
  name: 'InputProblemCode',
  description: 'Why an item of a batch was rejected.',
  valuesConfig: {
    INVALID: { description: 'A required value is missing, or a value has a wrong type or form.' },
    TOO_LONG: { description: 'A text, list, or object exceeds its maximum length.' },
    OUT_OF_RANGE: { description: 'A number or time is outside its range.' },
    UNKNOWN_MARKET: { description: 'No market has the id.' },
    FORBIDDEN: { description: 'The caller may not write this item.' },
  },
});

@ObjectType('InputProblem', {
  simpleResolvers: true,
  description: 'Reason for which one item of a batch was rejected. Other items are not affected.',
})
export class InputProblemType {
  @Field(() => Int, { description: 'Index of the item in its input list, from 0.' })
  index!: number;

  @Field(() => String, {
    description:
      'Path of the invalid value within the item, such as "stake" or "tags.2". Empty: the item itself.',
  })
  field!: string;

  @Field(() => InputProblemCodeEnum, { description: 'Kind of the problem.' })
  code!: InputProblemCode;

  @Field(() => String, { description: 'One sentence for developers: what is wrong and what is allowed.' })
  message!: string;
}
