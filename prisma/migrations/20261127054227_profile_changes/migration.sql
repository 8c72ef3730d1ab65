-- CreateTable
CREATE TABLE "profile_changes" (
    "xid" BIGINT NOT NULL,
    "user_keys" TEXT[],
    "versions" INTEGER[],

    CONSTRAINT "profile_changes_pkey" PRIMARY KEY ("xid")
);

-- Below this line: what schema.prisma cannot express.

-- Every statement that changes profiles, whoever runs it, is noted in its transaction: a row becomes visible together
-- with the changes that it names. More than 10,000 profiles become an empty list.
CREATE FUNCTION "note_profile_changes"() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO profile_changes AS c (xid, user_keys, versions)
    SELECT pg_current_xact_id()::text::bigint,
        CASE WHEN count(*) <= 10000 THEN array_agg(user_key) ELSE '{}' END,
        CASE WHEN count(*) <= 10000 THEN array_agg(CASE TG_OP WHEN 'DELETE' THEN 2147483647 ELSE version END) ELSE '{}' END
    FROM changed HAVING count(*) > 0
    ON CONFLICT (xid) DO UPDATE SET
        user_keys = CASE WHEN cardinality(c.user_keys) BETWEEN 1 AND 10000 AND cardinality(excluded.user_keys) > 0
            THEN c.user_keys || excluded.user_keys ELSE '{}' END,
        versions = CASE WHEN cardinality(c.user_keys) BETWEEN 1 AND 10000 AND cardinality(excluded.user_keys) > 0
            THEN c.versions || excluded.versions ELSE '{}' END;
    RETURN NULL;
END $$;

CREATE TRIGGER "note_inserted_profiles" AFTER INSERT ON "profiles"
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "note_profile_changes"();

CREATE TRIGGER "note_updated_profiles" AFTER UPDATE ON "profiles"
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "note_profile_changes"();

CREATE TRIGGER "note_deleted_profiles" AFTER DELETE ON "profiles"
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "note_profile_changes"();

-- Rows are removed all the time, and only scanned by the index.
ALTER TABLE "profile_changes" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
