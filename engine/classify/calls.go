package classify

// calls are the words that may stand before an opening parenthesis. The list
// of built-in functions is an allow-list, as MaxScale's is: any other name may
// be a stored function that writes.
var calls = map[call]string{
	callRead: `
		all and any as between by case distinct distinctrow div else
		except exists for force from group having ignore in index intersect into
		join key lateral like mod not on or order over partition regexp rlike select set
		some straight_join then union using value values when where with xor

		bigint binary char datetime decimal double float integer mediumint nchar
		number numeric nvarchar real signed smallint tinyint unsigned varbinary
		varchar

		abs acos adddate addtime add_months aes_decrypt aes_encrypt ascii asin
		atan atan2 avg benchmark bin bin_to_uuid bit_and bit_count bit_length
		bit_or bit_xor cast ceil ceiling character_length char_length charset
		chr coalesce coercibility collation column_check column_create
		column_exists column_get column_json column_list compress concat
		concat_ws connection_id conv convert convert_tz cos cot count crc32
		crc32c cume_dist curdate current_date current_role current_time
		current_timestamp current_user curtime database date datediff date_add
		date_format date_sub day dayname dayofmonth dayofweek dayofyear decode
		decode_oracle default degrees dense_rank des_decrypt des_encrypt elt
		encode encrypt exp export_set extract extractvalue field find_in_set
		first_value floor format format_bytes format_pico_time from_base64
		from_days from_unixtime get_format greatest group_concat grouping hex
		hour if ifnull inet6_aton inet6_ntoa inet_aton inet_ntoa insert instr
		interval isnull is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_uuid
		json_array json_arrayagg json_array_append json_array_insert
		json_array_intersect json_compact json_contains json_contains_path
		json_depth json_detailed json_equals json_exists json_extract
		json_insert json_key_value json_keys json_length json_loose json_merge
		json_merge_patch json_merge_preserve json_normalize json_object
		json_objectagg json_object_filter_keys json_object_to_array
		json_overlaps json_pretty json_query json_quote json_remove
		json_replace json_schema_valid json_schema_validation_report
		json_search json_set json_storage_free json_storage_size json_table
		json_type json_unquote json_valid json_value kdf lag last_day
		last_value lcase lead least left length lengthb ln localtime
		localtimestamp locate log log10 log2 lower lpad ltrim ltrim_oracle
		makedate maketime make_set match max md5 median microsecond mid min
		minute month monthname months_between name_const natural_sort_key now
		nth_value ntile nullif nvl nvl2 oct octet_length old_password ord
		password percentile_cont percentile_disc percent_rank period_add
		period_diff pi position pow power quarter quote radians rand
		random_bytes rank regexp_instr regexp_like regexp_replace
		regexp_substr repeat replace reverse right round row rownum row_number
		rpad rtrim rtrim_oracle schema second sec_to_time session_user sformat
		sha sha1 sha2 sign sin sleep soundex space sqrt std stddev stddev_pop
		stddev_samp strcmp str_to_date subdate substr substring
		substring_index subtime sum sysdate system_user sys_guid tan time
		timediff timestamp timestampadd timestampdiff time_format time_to_sec
		to_base64 to_char to_date to_days to_number to_seconds trim trim_oracle
		trunc truncate ucase uncompress uncompressed_length unhex
		unix_timestamp updatexml upper user utc_date utc_time utc_timestamp
		uuid uuid_short uuid_to_bin uuid_v4 uuid_v7 variance var_pop var_samp
		version week weekday weekofyear weight_string year yearweek

		astext aswkb aswkt geomcollfromtext geomcollfromwkb geometrycollection
		geometryfromtext geometryfromwkb geomfromtext geomfromwkb linefromtext
		linefromwkb linestring mbrcontains mbrcoveredby mbrcovers mbrdisjoint
		mbrequal mbrequals mbrintersects mbroverlaps mbrtouches mbrwithin
		multilinestring multipoint multipolygon point pointfromtext
		pointfromwkb polyfromtext polyfromwkb polygon

		st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt
		st_boundary st_buffer st_centroid st_collect st_contains st_convexhull
		st_crosses st_difference st_dimension st_disjoint st_distance
		st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring
		st_geohash st_geomcollfromtext st_geomcollfromwkb
		st_geometrycollectionfromtext st_geometrycollectionfromwkb
		st_geometryfromtext st_geometryfromwkb st_geometryn st_geometrytype
		st_geomfromgeojson st_geomfromtext st_geomfromwkb st_interiorringn
		st_intersection st_intersects st_isclosed st_isempty st_isring
		st_issimple st_isvalid st_latfromgeohash st_latitude st_length
		st_linefromtext st_linefromwkb st_linestringfromtext
		st_linestringfromwkb st_longfromgeohash st_longitude st_makeenvelope
		st_numgeometries st_numinteriorrings st_numpoints st_overlaps
		st_pointfromgeohash st_pointfromtext st_pointfromwkb st_pointn
		st_pointonsurface st_polyfromtext st_polyfromwkb st_polygonfromtext
		st_polygonfromwkb st_relate st_simplify st_srid st_startpoint st_swapxy
		st_symdifference st_touches st_transform st_union st_validate
		st_within st_x st_y

		vec_distance vec_distance_cosine vec_distance_euclidean vec_fromtext
		vec_totext`,
	callLastInsertID: `last_insert_id`,
	callFoundRows:    `found_rows row_count`,
	callLock:         `is_free_lock is_used_lock`,
	callTakeLock:     `get_lock`,
	callFreeLock:     `release_lock`,
	callFreeLocks:    `release_all_locks`,
	callSequence:     `currval lastval nextval setval`,
}
