import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { enumOf } from './enum-of.js';

export const TopicKind = enumOf(['CATEGORY', 'TAG']);

registerEnumType(TopicKind, {
  name: 'TopicKind',
  description: 'Kind of a topic.',
  valuesConfig: {
    CATEGORY: { description: 'Main topic of a market.' },
    TAG: { description: 'Further topic of a market.' },
  },
});

@ObjectType('Topic', { simpleResolvers: true, description: 'Category or tag.' })
export class TopicType {
  @Field(() => String, {
    description:
      'Label in one case and one Unicode form, for comparison: labels with the same key name the same topic. Not for display.',
  })
  key!: string;

  @Field(() => String, { description: 'Text to display, as given by the site.' })
  label!: string;

  @Field(() => TopicKind, { description: 'Kind of the topic.' })
  kind!: keyof typeof TopicKind;
}
