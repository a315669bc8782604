-- One row per comparison of own-key usage of one date.
select * from own_key where usage_date = $usage_date
