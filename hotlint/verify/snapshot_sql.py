"""What the catalogs of a PostgreSQL server (12 to 18) are asked for a snapshot: one query per kind of object.

Every query gives rows of (kind, object, kind of the whole, the whole, facts as jsonb). A part whose whole is missing or
extra is not told on its own. Columns that only some majors have are read through ``to_jsonb(row)``, which gives NULL
where there is none. Sources: the documentation's chapter on system catalogs and ``pg_dump.c``; tried on 12 to 18.
"""

from __future__ import annotations

PREFIX = """
WITH sch AS MATERIALIZED (
  SELECT oid, quote_ident(nspname) AS name FROM pg_namespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND nspname <> ALL (%(ignored)s::text[])
), ext AS MATERIALIZED (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), rel AS MATERIALIZED (
  SELECT c.*, s.name || '.' || quote_ident(c.relname) AS object,
    CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
      WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'c' THEN 'type' ELSE 'table' END AS kind
  FROM pg_class c JOIN sch s ON s.oid = c.relnamespace
  WHERE c.relkind <> 't' AND NOT EXISTS (SELECT FROM ext WHERE classid = 'pg_class'::regclass AND objid = c.oid)
)
"""


def _acl(acl: str, kind: str, owner: str) -> str:
    """Privileges as one text, the default ones spelt out, the owner called so: a new owner is one difference."""
    return f"""(SELECT coalesce(string_agg(line, '; ' ORDER BY line), '') FROM (
      SELECT CASE WHEN a.grantee = {owner} THEN 'owner' WHEN a.grantee = 0 THEN 'public'
          ELSE pg_get_userbyid(a.grantee) END || ': ' ||
        string_agg(a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ', ' ORDER BY a.privilege_type)
        AS line
      FROM aclexplode(coalesce({acl}, acldefault('{kind}', {owner}))) a GROUP BY a.grantee) lines)"""


def _in_extension(catalog: str, oid: str) -> str:
    return f"EXISTS (SELECT FROM ext WHERE classid = '{catalog}'::regclass AND objid = {oid})"


def _collation(oid: str) -> str:
    """A collation's name; ``regcollation`` is new in 13."""
    return (
        f"(SELECT collnamespace::regnamespace || '.' || quote_ident(collname) FROM pg_collation k WHERE k.oid = {oid})"
    )


def _sorted(options: str) -> str:
    return f"(SELECT string_agg(o, ', ' ORDER BY o) FROM unnest({options}) o)"


_TABLES = f"""
SELECT r.kind, r.object, NULL, NULL, jsonb_build_object(
  'kind', CASE r.relkind WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table' ELSE 'table' END,
  'persistence', CASE r.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'permanent' END,
  'partition', CASE WHEN r.relispartition THEN (SELECT i.inhparent::regclass::text FROM pg_inherits i
    WHERE i.inhrelid = r.oid) || ' ' || pg_get_expr(r.relpartbound, r.oid) END,
  'partition key', CASE WHEN r.relkind = 'p' THEN pg_get_partkeydef(r.oid) END,
  'inherits', CASE WHEN NOT r.relispartition THEN (SELECT string_agg(i.inhparent::regclass::text,
    ', ' ORDER BY inhseqno)
    FROM pg_inherits i WHERE i.inhrelid = r.oid) END,
  'access method', (SELECT amname FROM pg_am WHERE oid = r.relam),
  'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = r.reltablespace),
  'options', {_sorted("r.reloptions")},
  'toast options', (SELECT {_sorted("t.reloptions")} FROM pg_class t WHERE t.oid = r.reltoastrelid),
  'replica identity', CASE r.relreplident WHEN 'd' THEN 'default' WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full'
    ELSE (SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = r.oid AND indisreplident) END,
  'row security', CASE WHEN r.relkind <> 'f' THEN r.relrowsecurity || ', forced ' || r.relforcerowsecurity END,
  'clustered on', (SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = r.oid AND indisclustered),
  'of type', nullif(r.reloftype, 0)::regtype::text,
  'server', (SELECT srvname FROM pg_foreign_table t JOIN pg_foreign_server s ON s.oid = t.ftserver
    WHERE t.ftrelid = r.oid),
  'foreign options', (SELECT {_sorted("t.ftoptions")} FROM pg_foreign_table t WHERE t.ftrelid = r.oid),
  'owner', pg_get_userbyid(r.relowner),
  'grants', {_acl("r.relacl", "r", "r.relowner")})
FROM rel r WHERE r.kind = 'table'"""

_VIEWS = f"""
SELECT r.kind, r.object, NULL, NULL, jsonb_build_object(
  'definition', pg_get_viewdef(r.oid),
  'options', {_sorted("r.reloptions")},
  'populated', r.relispopulated,
  'access method', (SELECT amname FROM pg_am WHERE oid = r.relam),
  'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = r.reltablespace),
  'clustered on', (SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = r.oid AND indisclustered),
  'owner', pg_get_userbyid(r.relowner),
  'grants', {_acl("r.relacl", "r", "r.relowner")})
FROM rel r WHERE r.relkind IN ('v', 'm')"""

_COLUMNS = f"""
SELECT 'column', r.object || '.' || a.attname, r.kind, r.object, jsonb_build_object(
  'number', a.attnum,
  'type', format_type(a.atttypid, a.atttypmod),
  'not_null', a.attnotnull,
  'not_null name', (SELECT nullif(CASE WHEN conname ~ '_not_null[0-9]*$' THEN '' ELSE conname::text END
    || CASE WHEN convalidated THEN '' ELSE ' NOT VALID' END || CASE WHEN connoinherit THEN ' NO INHERIT' ELSE '' END,
    '')
    FROM pg_constraint WHERE conrelid = r.oid AND contype = 'n' AND conkey = ARRAY[a.attnum]),
  'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
  'generated', CASE a.attgenerated WHEN '' THEN NULL WHEN 's' THEN pg_get_expr(d.adbin, d.adrelid) || ' STORED'
    ELSE pg_get_expr(d.adbin, d.adrelid) || ' VIRTUAL' END,
  'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
  'collation', (SELECT {_collation("a.attcollation")} FROM pg_type t WHERE t.oid = a.atttypid
    AND a.attcollation <> t.typcollation AND a.attcollation <> 0),
  'storage', (SELECT CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main'
    ELSE 'extended' END FROM pg_type t WHERE t.oid = a.atttypid AND t.typstorage <> a.attstorage),
  'compression', CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
  'statistics', CASE WHEN (to_jsonb(a) ->> 'attstattarget')::int >= 0 THEN to_jsonb(a) ->> 'attstattarget' END,
  'options', {_sorted("a.attoptions")},
  'foreign options', {_sorted("a.attfdwoptions")},
  'grants', CASE WHEN a.attacl IS NOT NULL THEN {_acl("a.attacl", "c", "r.relowner")} END)
FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm')
ORDER BY r.oid, a.attnum"""
# The number is not compared: it gives the order.

_CONSTRAINTS = """
SELECT 'constraint', r.object || '.' || c.conname, r.kind, r.object, jsonb_build_object(
  'definition', pg_get_constraintdef(c.oid),
  'inherited', CASE WHEN c.coninhcount > 0 THEN 'yes' END,
  'triggers', (SELECT string_agg(DISTINCT t.tgenabled::text, '') FROM pg_trigger t
    WHERE t.tgconstraint = c.oid AND t.tgenabled <> 'O'))
FROM rel r JOIN pg_constraint c ON c.conrelid = r.oid WHERE c.contype NOT IN ('n', 't')
UNION ALL
SELECT 'constraint', s.name || '.' || quote_ident(t.typname) || '.' || c.conname, 'domain',
  s.name || '.' || quote_ident(t.typname), jsonb_build_object('definition', pg_get_constraintdef(c.oid))
FROM pg_constraint c JOIN pg_type t ON t.oid = c.contypid JOIN sch s ON s.oid = t.typnamespace
WHERE c.contype <> 'n'"""

_INDEXES = f"""
SELECT 'index', r.object, CASE WHEN c.conname IS NULL THEN o.kind ELSE 'constraint' END,
  o.object || CASE WHEN c.conname IS NULL THEN '' ELSE '.' || c.conname END, jsonb_build_object(
  'definition', CASE WHEN c.conname IS NULL THEN pg_get_indexdef(r.oid) END,
  'valid', i.indisvalid AND i.indisready,
  'parent', (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = r.oid),
  'statistics', (SELECT string_agg(attnum || ': ' || (to_jsonb(a) ->> 'attstattarget'), ', ' ORDER BY attnum)
    FROM pg_attribute a WHERE attrelid = r.oid AND (to_jsonb(a) ->> 'attstattarget')::int >= 0),
  'options', CASE WHEN c.conname IS NOT NULL THEN {_sorted("r.reloptions")} END,
  'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = r.reltablespace))
FROM rel r JOIN pg_index i ON i.indexrelid = r.oid JOIN rel o ON o.oid = i.indrelid
LEFT JOIN pg_constraint c ON c.conindid = r.oid AND c.conrelid = i.indrelid AND c.contype IN ('p', 'u', 'x')"""

_SEQUENCES = f"""
SELECT 'sequence', r.object, CASE WHEN d.deptype = 'i' THEN 'column' END,
  CASE WHEN d.deptype = 'i' THEN o.object || '.' || a.attname END, jsonb_build_object(
  'options', format('%%s start %%s increment %%s min %%s max %%s cache %%s%%s', seqtypid::regtype, seqstart,
    seqincrement, seqmin, seqmax, seqcache, CASE WHEN seqcycle THEN ' cycle' ELSE '' END),
  'owned by', o.object || '.' || a.attname,
  'persistence', CASE r.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'permanent' END,
  'owner', pg_get_userbyid(r.relowner),
  'grants', {_acl("r.relacl", "s", "r.relowner")})
FROM rel r JOIN pg_sequence q ON q.seqrelid = r.oid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
  AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN rel o ON o.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"""

_FUNCTIONS = f"""
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
  s.name || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', NULL, NULL,
  jsonb_build_object(
  'definition', CASE WHEN p.prokind = 'a' THEN (SELECT (to_jsonb(g) - 'aggfnoid')::text || ' ' ||
      pg_get_function_result(p.oid) || ' ' || p.proparallel::text FROM pg_aggregate g WHERE g.aggfnoid = p.oid)
    ELSE pg_get_functiondef(p.oid) END,
  'owner', pg_get_userbyid(p.proowner),
  'grants', {_acl("p.proacl", "f", "p.proowner")})
FROM pg_proc p JOIN sch s ON s.oid = p.pronamespace
WHERE NOT {_in_extension("pg_proc", "p.oid")}
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'i')"""

_TRIGGERS = f"""
SELECT 'trigger', r.object || '.' || t.tgname, r.kind, r.object, jsonb_build_object(
  'definition', pg_get_triggerdef(t.oid),
  'state', CASE t.tgenabled WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' ELSE 'always' END)
FROM rel r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'rule', r.object || '.' || w.rulename, r.kind, r.object, jsonb_build_object(
  'definition', pg_get_ruledef(w.oid), 'state', w.ev_enabled)
FROM rel r JOIN pg_rewrite w ON w.ev_class = r.oid WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'policy', r.object || '.' || p.polname, r.kind, r.object, jsonb_build_object('definition', format(
  '%%s %%s TO %%s USING (%%s) WITH CHECK (%%s)', p.polcmd, CASE WHEN p.polpermissive THEN 'PERMISSIVE'
    ELSE 'RESTRICTIVE' END,
  (SELECT string_agg(CASE WHEN o = 0 THEN 'public' ELSE pg_get_userbyid(o)::text END, ', ') FROM unnest(p.polroles) o),
  pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)))
FROM rel r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT 'event trigger', e.evtname, NULL, NULL, jsonb_build_object('definition', format('%%s %%s %%s %%s', e.evtevent,
    e.evttags, e.evtfoid::regproc, e.evtenabled), 'owner', pg_get_userbyid(e.evtowner))
FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid JOIN sch s ON s.oid = p.pronamespace
WHERE NOT {_in_extension("pg_event_trigger", "e.oid")}"""

_TYPES = f"""
SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, s.name || '.' || quote_ident(t.typname), NULL, NULL,
  jsonb_build_object(
  'kind', t.typtype,
  'labels', (SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
  'attributes', (SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod)
      || CASE WHEN attcollation NOT IN (0, 100) THEN ' COLLATE ' || {_collation("attcollation")} ELSE '' END,
      ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped),
  'type', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
  'default', t.typdefault,
  'not_null', CASE WHEN t.typtype = 'd' THEN t.typnotnull END,
  'collation', CASE WHEN t.typcollation NOT IN (0, 100) THEN {_collation("t.typcollation")} END,
  'range', (SELECT format('%%s %%s %%s %%s %%s', rngsubtype::regtype, rngsubopc, {_collation("rngcollation")},
    rngcanonical, rngsubdiff) FROM pg_range WHERE rngtypid = t.oid),
  'functions', CASE WHEN t.typtype = 'b' THEN format('%%s %%s %%s %%s %%s %%s %%s', typinput, typoutput, typlen,
    typbyval, typalign, typstorage, typcategory) END,
  'owner', pg_get_userbyid(t.typowner),
  'grants', {_acl("t.typacl", "T", "t.typowner")})
FROM pg_type t JOIN sch s ON s.oid = t.typnamespace
WHERE NOT {_in_extension("pg_type", "t.oid")} AND t.typtype <> 'm' AND t.typelem = 0
  AND (t.typrelid = 0 OR (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c')"""

_STATISTICS = """
SELECT 'statistics', s.name || '.' || quote_ident(x.stxname), r.kind, r.object, jsonb_build_object(
  'definition', pg_get_statisticsobjdef(x.oid), 'owner', pg_get_userbyid(x.stxowner),
  'statistics', CASE WHEN (to_jsonb(x) ->> 'stxstattarget')::int >= 0 THEN to_jsonb(x) ->> 'stxstattarget' END)
FROM pg_statistic_ext x JOIN sch s ON s.oid = x.stxnamespace JOIN rel r ON r.oid = x.stxrelid"""

_DATABASE = f"""
SELECT 'schema', s.name, NULL, NULL, jsonb_build_object('owner', pg_get_userbyid(n.nspowner),
  'grants', {_acl("n.nspacl", "n", "n.nspowner")})
FROM sch s JOIN pg_namespace n ON n.oid = s.oid WHERE NOT {_in_extension("pg_namespace", "n.oid")}
UNION ALL
SELECT 'extension', extname, NULL, NULL, jsonb_build_object('version', extversion, 'schema',
  extnamespace::regnamespace::text) FROM pg_extension
UNION ALL
SELECT 'database', 'current', NULL, NULL, jsonb_build_object('owner', pg_get_userbyid(datdba),
  'grants', {_acl("datacl", "d", "datdba")}, 'connections', datconnlimit, 'allows connections', datallowconn)
FROM pg_database WHERE datname = current_database()
UNION ALL
SELECT 'setting', coalesce('role ' || r.rolname || ' ', '') || CASE WHEN d.oid IS NULL THEN '' ELSE 'database ' END
  || split_part(line, '=', 1), NULL, NULL, jsonb_build_object('value', substr(line, strpos(line, '=') + 1))
FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole,
  unnest(s.setconfig) line
WHERE (s.setdatabase = 0 OR d.datname = current_database()) AND coalesce(r.rolname !~ '^hotlint_scratch_', true)
UNION ALL
SELECT 'role', rolname, NULL, NULL, jsonb_build_object(
  'attributes', (to_jsonb(r) - 'oid' - 'rolname' - 'rolpassword' - 'rolconfig')::text,
  'member of',
    (SELECT string_agg(pg_get_userbyid(roleid)::text || CASE WHEN admin_option THEN ' with admin' ELSE '' END,
    ', ' ORDER BY pg_get_userbyid(roleid)) FROM pg_auth_members WHERE member = r.oid
    AND pg_get_userbyid(roleid) !~ '^hotlint_scratch_'))
FROM pg_roles r WHERE rolname !~ '^(pg|hotlint_scratch)_'
UNION ALL
SELECT 'default privileges', format('%%s%%s on %%s', pg_get_userbyid(defaclrole), ' in ' || s.name, defaclobjtype),
  CASE WHEN s.oid IS NULL THEN NULL ELSE 'schema' END, s.name, jsonb_build_object('grants',
  (SELECT string_agg(CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee)::text END || ': ' || privilege_type
    || CASE WHEN is_grantable THEN '*' ELSE '' END, ', ' ORDER BY grantee, privilege_type) FROM aclexplode(defaclacl)))
FROM pg_default_acl LEFT JOIN sch s ON s.oid = defaclnamespace
UNION ALL
SELECT 'security label', provider || ' on ' || objtype || ' ' || objname, NULL, NULL, jsonb_build_object('label', label)
FROM pg_seclabels"""

_COMMENTS = f"""
SELECT 'comment', i.type || ' ' || i.identity, NULL, NULL,
  jsonb_build_object('text', d.description, 'on', i.type, 'name', i.identity)
FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i
WHERE (d.objoid >= 16384 OR d.objoid = to_regnamespace('public')) AND NOT {_in_extension("d.classoid", "d.objoid")}
  AND d.classoid <> 'pg_extension'::regclass
UNION ALL
SELECT 'comment', CASE i.type WHEN 'database' THEN 'database current' ELSE i.type || ' ' || i.identity END, NULL, NULL,
  jsonb_build_object('text', d.description)
FROM pg_shdescription d, pg_identify_object(d.classoid, d.objoid, 0) i
WHERE d.objoid = (SELECT oid FROM pg_database WHERE datname = current_database())
  OR (d.classoid = 'pg_authid'::regclass AND d.objoid >= 16384)""".replace("'d.classoid'::regclass", "d.classoid")

_PUBLICATIONS = """
SELECT 'publication', p.pubname, NULL, NULL, to_jsonb(p) - 'oid' - 'pubname' - 'pubowner' || jsonb_build_object(
  'owner', pg_get_userbyid(p.pubowner),
  'tables', (SELECT string_agg(t.prrelid::regclass || coalesce(' columns ' || (to_jsonb(t) ->> 'prattrs'), '')
      || coalesce(' where ' || pg_get_expr((to_jsonb(t) ->> 'prqual')::pg_node_tree, t.prrelid), ''), ', '
      ORDER BY t.prrelid::regclass::text) FROM pg_publication_rel t WHERE t.prpubid = p.oid))
FROM pg_publication p
UNION ALL
SELECT 'subscription', u.subname, NULL, NULL, jsonb_build_object('enabled', u.subenabled, 'publications',
  u.subpublications::text, 'slot', u.subslotname, 'owner', pg_get_userbyid(u.subowner))
FROM pg_subscription u JOIN pg_database d ON d.oid = u.subdbid WHERE d.datname = current_database()"""

_PUBLISHED_SCHEMAS = """
SELECT 'publication schema', p.pubname || '.' || s.nspname, 'publication', p.pubname, '{}'::jsonb
FROM pg_publication_namespace n JOIN pg_publication p ON p.oid = n.pnpubid JOIN pg_namespace s ON s.oid = n.pnnspid"""

_OPERATORS = f"""
SELECT 'operator', s.name || '.' || o.oprname || '(' || coalesce(nullif(o.oprleft, 0)::regtype::text, 'NONE') || ','
  || coalesce(nullif(o.oprright, 0)::regtype::text, 'NONE') || ')', NULL, NULL, jsonb_build_object(
  'definition', format('%%s returns %%s commutator %%s negator %%s restrict %%s join %%s merges %%s hashes %%s',
    o.oprcode,
    o.oprresult::regtype, o.oprcom::regoperator, o.oprnegate::regoperator, o.oprrest, o.oprjoin, o.oprcanmerge,
    o.oprcanhash), 'owner', pg_get_userbyid(o.oprowner))
FROM pg_operator o JOIN sch s ON s.oid = o.oprnamespace WHERE NOT {_in_extension("pg_operator", "o.oid")}
UNION ALL
SELECT 'operator class', s.name || '.' || c.opcname || ' USING ' || m.amname, NULL, NULL, jsonb_build_object(
  'definition', format('%%s %%s default %%s keys %%s', c.opcfamily, c.opcintype::regtype, c.opcdefault,
  nullif(c.opckeytype, 0)::regtype), 'owner', pg_get_userbyid(c.opcowner))
FROM pg_opclass c JOIN sch s ON s.oid = c.opcnamespace JOIN pg_am m ON m.oid = c.opcmethod
WHERE NOT {_in_extension("pg_opclass", "c.oid")}
UNION ALL
SELECT 'operator family', s.name || '.' || f.opfname || ' USING ' || m.amname, NULL, NULL, jsonb_build_object(
  'members', concat((SELECT string_agg(amopstrategy || ' ' || amopopr::regoperator, ', ' ORDER BY amopstrategy,
      amopopr::regoperator::text) FROM pg_amop WHERE amopfamily = f.oid), '; ',
    (SELECT string_agg(amprocnum || ' ' || amproc::regprocedure, ', ' ORDER BY amprocnum, amproc::text)
      FROM pg_amproc WHERE amprocfamily = f.oid)), 'owner', pg_get_userbyid(f.opfowner))
FROM pg_opfamily f JOIN sch s ON s.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
WHERE NOT {_in_extension("pg_opfamily", "f.oid")}
UNION ALL
SELECT 'cast', castsource::regtype || ' as ' || casttarget::regtype, NULL, NULL, jsonb_build_object('definition',
  format('%%s %%s %%s', nullif(castfunc, 0)::regprocedure, castcontext, castmethod))
FROM pg_cast k WHERE k.oid >= 16384 AND NOT {_in_extension("pg_cast", "k.oid")}
UNION ALL
SELECT 'collation', s.name || '.' || quote_ident(c.collname), NULL, NULL,
  (to_jsonb(c) - 'oid' - 'collname' - 'collnamespace' - 'collowner') || jsonb_build_object('owner',
  pg_get_userbyid(c.collowner))
FROM pg_collation c JOIN sch s ON s.oid = c.collnamespace WHERE NOT {_in_extension("pg_collation", "c.oid")}
UNION ALL
SELECT 'conversion', s.name || '.' || quote_ident(c.conname), NULL, NULL, jsonb_build_object('definition',
  format('%%s %%s %%s %%s', conforencoding, contoencoding, conproc, condefault))
FROM pg_conversion c JOIN sch s ON s.oid = c.connamespace
UNION ALL
SELECT 'language', lanname, NULL, NULL, jsonb_build_object('trusted', lanpltrusted, 'handler',
    lanplcallfoid::regproc::text,
  'owner', pg_get_userbyid(lanowner), 'grants', {_acl("lanacl", "l", "lanowner")})
FROM pg_language l WHERE l.oid >= 16384 AND NOT {_in_extension("pg_language", "l.oid")}
UNION ALL
SELECT 'access method', amname, NULL, NULL, jsonb_build_object('definition', amhandler::text || ' ' || amtype::text)
FROM pg_am m WHERE m.oid >= 16384 AND NOT {_in_extension("pg_am", "m.oid")}
UNION ALL
SELECT 'transform', trftype::regtype || ' for ' || lanname, NULL, NULL, jsonb_build_object('definition',
    format('%%s %%s',
  trffromsql, trftosql)) FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
WHERE NOT {_in_extension("pg_transform", "t.oid")}"""

_TEXT_SEARCH = f"""
SELECT 'text search configuration', s.name || '.' || quote_ident(c.cfgname), NULL, NULL, jsonb_build_object(
  'parser', cfgparser::text, 'owner', pg_get_userbyid(cfgowner), 'mappings', (SELECT string_agg(maptokentype || ' ' ||
    mapseqno || ' ' || mapdict::regdictionary, ', ' ORDER BY maptokentype, mapseqno) FROM pg_ts_config_map
    WHERE mapcfg = c.oid))
FROM pg_ts_config c JOIN sch s ON s.oid = c.cfgnamespace WHERE NOT {_in_extension("pg_ts_config", "c.oid")}
UNION ALL
SELECT 'text search dictionary', s.name || '.' || quote_ident(d.dictname), NULL, NULL, jsonb_build_object(
  'template', dicttemplate::text, 'options', dictinitoption, 'owner', pg_get_userbyid(dictowner))
FROM pg_ts_dict d JOIN sch s ON s.oid = d.dictnamespace WHERE NOT {_in_extension("pg_ts_dict", "d.oid")}
UNION ALL
SELECT 'text search parser', s.name || '.' || quote_ident(p.prsname), NULL, NULL, jsonb_build_object('functions',
  format('%%s %%s %%s %%s %%s', prsstart, prstoken, prsend, prsheadline, prslextype))
FROM pg_ts_parser p JOIN sch s ON s.oid = p.prsnamespace WHERE NOT {_in_extension("pg_ts_parser", "p.oid")}
UNION ALL
SELECT 'text search template', s.name || '.' || quote_ident(t.tmplname), NULL, NULL, jsonb_build_object('functions',
  format('%%s %%s', tmplinit, tmpllexize))
FROM pg_ts_template t JOIN sch s ON s.oid = t.tmplnamespace WHERE NOT {_in_extension("pg_ts_template", "t.oid")}"""

_FOREIGN = f"""
SELECT 'foreign data wrapper', fdwname, NULL, NULL, jsonb_build_object('functions', format('%%s %%s',
    fdwhandler::regproc,
  fdwvalidator::regproc), 'options', {_sorted("fdwoptions")}, 'owner', pg_get_userbyid(fdwowner),
  'grants', {_acl("fdwacl", "F", "fdwowner")})
FROM pg_foreign_data_wrapper w WHERE NOT {_in_extension("pg_foreign_data_wrapper", "w.oid")}
UNION ALL
SELECT 'server', srvname, 'foreign data wrapper', fdwname, jsonb_build_object('type', srvtype, 'version', srvversion,
  'options', {_sorted("srvoptions")}, 'owner', pg_get_userbyid(srvowner), 'grants', {_acl("srvacl", "S", "srvowner")})
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
UNION ALL
SELECT 'user mapping', usename || ' on ' || srvname, 'server', srvname, jsonb_build_object('options',
    {_sorted("umoptions")})
FROM pg_user_mappings"""

_RARE_CATALOGS = (
    *("pg_operator", "pg_opclass", "pg_opfamily", "pg_cast", "pg_collation", "pg_conversion", "pg_language", "pg_am"),
    *("pg_transform", "pg_ts_config", "pg_ts_dict", "pg_ts_parser", "pg_ts_template"),
)
RARE_OBJECTS = f"""
SELECT (SELECT count(*) FROM pg_depend WHERE deptype = 'e' AND objid >= 16384
    AND classid IN ({", ".join(f"'{c}'::regclass" for c in _RARE_CATALOGS)}))
  < {" + ".join(f"(SELECT count(*) FROM {c} WHERE oid >= 16384)" for c in _RARE_CATALOGS)}"""
"""Whether there are operators, text search configurations and their kin that no extension brought (16384 is the first
oid of a user's object: transam.h, FirstNormalObjectId)."""

RARE = (_OPERATORS, _TEXT_SEARCH)
"""The queries for them, which most schemas can be spared."""

QUERIES: tuple[tuple[int, str], ...] = (
    (12, _DATABASE),
    (12, _TABLES),
    (12, _VIEWS),
    (12, _COLUMNS),
    (12, _CONSTRAINTS),
    (12, _INDEXES),
    (12, _SEQUENCES),
    (12, _FUNCTIONS),
    (12, _TRIGGERS),
    (12, _TYPES),
    (12, _STATISTICS),
    (12, _COMMENTS),
    (12, _PUBLICATIONS),
    (15, _PUBLISHED_SCHEMAS),
    (12, _FOREIGN),
)
"""The first major version that knows what a query asks, and the query."""
