import { Field, InputType, ObjectType } from 'type-graphql';
import { MarketStatus, MarketType } from './market.js';

@ObjectType('PageInfo', { simpleResolvers: true, description: 'Where a page stands in its list.' })
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether more follow.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether the page was asked for with `after`.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first edge.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last edge: the next `after`.' })
  endCursor!: string | null;
}

@ObjectType('MarketEdge', { simpleResolvers: true, description: 'A market at its place in a list.' })
export class MarketEdgeType {
  @Field(() => String, { description: 'Its place: give it as `after` to go on behind it.' })
  cursor!: string;

  @Field(() => MarketType, { description: 'The market.' })
  node!: MarketType;
}

@ObjectType('MarketConnection', { simpleResolvers: true, description: 'A page of a list of markets.' })
export class MarketConnectionType {
  @Field(() => [MarketEdgeType], { description: 'The markets of this page.' })
  edges!: MarketEdgeType[];

  @Field(() => PageInfoType, { description: 'How to go on.' })
  pageInfo!: PageInfoType;
}

@InputType({ description: 'Which markets to list; what is left out does not restrict.' })
export class MarketFilterInput {
  @Field(() => String, { nullable: true, description: 'Only of this category, in any case.' })
  category?: string | null;

  @Field(() => String, { nullable: true, description: 'Only with this tag, in any case.' })
  tag?: string | null;

  @Field(() => MarketStatus, { nullable: true, description: 'Only of this status.' })
  status?: keyof typeof MarketStatus | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Words, each of which must begin a word of the title or description, in any case and Unicode form. At most 8 distinct words; a text without letters and digits finds nothing.',
  })
  text?: string | null;
}
