import { Field, ObjectType } from 'type-graphql';

@ObjectType('PageInfo', { simpleResolvers: true, description: 'Position of a page in its list.' })
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether a page follows.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether the request had `after`.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first edge. Null: empty page.' })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last edge, the `after` of the next page. Null: empty page.',
  })
  endCursor!: string | null;
}
