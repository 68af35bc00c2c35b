-- Tables of one data version: reference facts, the contract's sheets in its order, the plan's lists
-- Dates are days; money is 万元; shares are percentages 0-100; an empty end date means still in force

-- One row per level and specialty code of the national catalogue
create table specialties (
    level varchar not null,
    code varchar not null,
    name varchar not null,
    class_code varchar not null,
    class_name varchar not null,
    category_code varchar not null,
    category_name varchar not null,
    edition varchar not null,
    state_controlled boolean not null,
    primary key (level, code)
);
comment on table specialties is '国家专业目录';
comment on column specialties.level is '层次';
comment on column specialties.code is '六位专业代码，不带 K';
comment on column specialties.name is '专业名称';
comment on column specialties.class_code is '专业类代码';
comment on column specialties.class_name is '专业类';
comment on column specialties.category_code is '专业大类代码';
comment on column specialties.category_name is '专业大类';
comment on column specialties.edition is '收入目录的年份';
comment on column specialties.state_controlled is '是否国家控制布点';

-- One row per industry
create table industries (
    id varchar primary key,
    name varchar not null unique,
    sector varchar
);
comment on table industries is '产业';
comment on column industries.id is '产业的英文标识';
comment on column industries.name is '产业名称，各表的产业列均填此名';
comment on column industries.sector is '所属类别';

-- One row per class's default industry, or a specialty's exception
create table specialty_industry (
    class_name varchar not null,
    specialty_code varchar,
    industry varchar not null references industries (name)
);
comment on table specialty_industry is '专业与产业的对应';
comment on column specialty_industry.class_name is '专业类';
comment on column specialty_industry.specialty_code is '专业代码；空 = 整个专业类的默认';
comment on column specialty_industry.industry is '产业';

-- One row per district or development zone
create table districts (
    name varchar primary key,
    adcode varchar not null unique,
    kind varchar not null check (kind in ('区县', '开发区')),
    longitude double,
    latitude double,
    area_km2 double
);
comment on table districts is '区县与开发区';
comment on column districts.name is '名称';
comment on column districts.adcode is '区划代码';
comment on column districts.kind is '区县或开发区';
comment on column districts.longitude is '代表点经度（WGS 84）';
comment on column districts.latitude is '代表点纬度（WGS 84）';
comment on column districts.area_km2 is '边界面积（平方公里）；开发区无边界，为空';

-- One row per school type and national threshold
create table school_thresholds (
    school_type varchar not null,
    item varchar not null,
    comparison varchar not null check (comparison in ('at_least', 'at_most')),
    threshold double not null,
    unit varchar not null,
    computed_from varchar not null,
    primary key (school_type, item)
);
comment on table school_thresholds is '办学条件标准';
comment on column school_thresholds.school_type is '学校类型';
comment on column school_thresholds.item is '项目';
comment on column school_thresholds.comparison is '不低于或不高于';
comment on column school_thresholds.threshold is '标准值';
comment on column school_thresholds.unit is '单位';
comment on column school_thresholds.computed_from is '由办学条件表哪些列算出';

-- One row per institution
create table institutions (
    institution_id varchar primary key,
    name varchar not null unique,
    level varchar not null check (level in ('中职', '高职', '职业本科', '普通本科')),
    authority varchar check (authority in ('省属', '市属', '区县属')),
    ownership varchar check (ownership in ('公办', '民办', '行业企业办', '中外合作')),
    school_type varchar not null check (school_type in ('普通', '艺术体育', '技工学校', '高级技工学校')),
    district varchar references districts (name),
    longitude double check (longitude between -180 and 180),
    latitude double check (latitude between -90 and 90),
    founded_on date,
    bachelor_since date,
    closed_on date,
    contact varchar,
    check (founded_on <= closed_on)
);
comment on table institutions is '院校';
comment on column institutions.institution_id is '院校代码：全表唯一';
comment on column institutions.name is '院校名称：全称，全表唯一';
comment on column institutions.level is '层次：当前层次';
comment on column institutions.authority is '主管';
comment on column institutions.ownership is '性质';
comment on column institutions.school_type is '学校类型：空 = 普通';
comment on column institutions.district is '区县：区县或开发区的名称或区划代码';
comment on column institutions.longitude is '经度：WGS 84';
comment on column institutions.latitude is '纬度：WGS 84';
comment on column institutions.founded_on is '成立日期：空 = 一直存在';
comment on column institutions.bachelor_since is '升格职业本科日期';
comment on column institutions.closed_on is '撤并日期：空 = 至今有效';
comment on column institutions.contact is '联系人';

-- One row per specialty at one institution and level
create table specialty_points (
    point_id varchar primary key,
    institution_id varchar not null references institutions (institution_id),
    specialty_code varchar not null,
    specialty_name varchar,
    level varchar not null check (level in ('中职', '高职', '职业本科')),
    track varchar check (track in ('传统优势', '新兴', '未来', '特色')),
    track_since date,
    track_until date,
    is_backbone boolean,
    industry varchar references industries (name),
    duration varchar,
    campus varchar,
    opened_on date not null,
    reduced_on date,
    suspended_on date,
    resumed_on date,
    closed_on date,
    check (opened_on <= reduced_on),
    check (opened_on <= suspended_on),
    check (opened_on <= resumed_on),
    check (opened_on <= closed_on),
    check (suspended_on <= resumed_on),
    check (track_since <= track_until),
    check (resumed_on is null or suspended_on is not null)
);
comment on table specialty_points is '专业点';
comment on column specialty_points.point_id is '专业点编号：全表唯一';
comment on column specialty_points.institution_id is '院校代码：填院校代码，也可填院校全称';
comment on column specialty_points.specialty_code is '专业代码：该层次目录内的六位代码，可带 K';
comment on column specialty_points.specialty_name is '专业名称：填写时须与代码一致';
comment on column specialty_points.level is '层次';
comment on column specialty_points.track is '类别';
comment on column specialty_points.track_since is '纳入日期：空 = 自设置日期起';
comment on column specialty_points.track_until is '退出日期：空 = 至今有效';
comment on column specialty_points.is_backbone is '骨干';
comment on column specialty_points.industry is '产业：填写时替代目录默认的产业';
comment on column specialty_points.duration is '学制';
comment on column specialty_points.campus is '校区';
comment on column specialty_points.opened_on is '设置日期：只填年份按当年 9 月 1 日';
comment on column specialty_points.reduced_on is '压缩日期';
comment on column specialty_points.suspended_on is '停招日期';
comment on column specialty_points.resumed_on is '恢复招生日期';
comment on column specialty_points.closed_on is '撤销日期：空 = 至今有效';

-- One row per specialty group
create table specialty_groups (
    group_id varchar primary key,
    institution_id varchar not null references institutions (institution_id),
    name varchar not null,
    is_key boolean not null,
    formed_on date not null,
    dissolved_on date,
    check (formed_on <= dissolved_on)
);
comment on table specialty_groups is '专业群';
comment on column specialty_groups.group_id is '专业群编号：全表唯一';
comment on column specialty_groups.institution_id is '院校代码：填院校代码，也可填院校全称';
comment on column specialty_groups.name is '专业群名称';
comment on column specialty_groups.is_key is '重点打造';
comment on column specialty_groups.formed_on is '组建日期';
comment on column specialty_groups.dissolved_on is '撤销日期：空 = 至今有效';

-- One row per group and specialty point in it
create table group_members (
    group_id varchar not null references specialty_groups (group_id),
    point_id varchar not null references specialty_points (point_id),
    primary key (group_id, point_id)
);
comment on table group_members is '专业群成员';
comment on column group_members.group_id is '专业群编号';
comment on column group_members.point_id is '专业点编号：须与专业群同属一所院校';

-- One row per title held by a point, a group or an institution
create table recognitions (
    subject_kind varchar not null check (subject_kind in ('专业点', '专业群', '院校')),
    subject_id varchar not null,
    title varchar not null
    check (
        title in (
            '省级示范性专业点',
            '省级示范性品牌专业点',
            '省级升级改造示范性骨干专业点',
            '省级优质中职专业群',
            '省级高水平中职专业群',
            '省级高水平高职专业群',
            '国家双高专业群',
            '省级高水平中职学校',
            '省级高水平高职学校',
            '国家双高学校'
        )
    ),
    awarded_on date not null,
    accepted_on date,
    revoked_on date,
    document varchar,
    evidence varchar,
    check (awarded_on <= accepted_on),
    check (awarded_on <= revoked_on)
);
comment on table recognitions is '认定';
comment on column recognitions.subject_kind is '对象类型';
comment on column recognitions.subject_id is '对象编号：专业点、专业群的编号，或院校代码';
comment on column recognitions.title is '认定名称';
comment on column recognitions.awarded_on is '认定日期：立项或认定';
comment on column recognitions.accepted_on is '验收日期：验收通过';
comment on column recognitions.revoked_on is '撤销日期：空 = 至今有效';
comment on column recognitions.document is '文号';
comment on column recognitions.evidence is '佐证';

-- One row per specialty point and year
create table point_years (
    point_id varchar not null references specialty_points (point_id),
    year integer not null check (year between 2000 and 2100),
    planned bigint not null check (planned >= 0),
    applied bigint check (applied >= 0),
    admitted bigint check (admitted >= 0),
    registered bigint check (registered >= 0),
    enrolled bigint check (enrolled >= 0),
    graduates bigint check (graduates >= 0),
    employed bigint check (employed >= 0),
    further_study bigint check (further_study >= 0),
    matched bigint check (matched >= 0),
    satisfaction double check (satisfaction between 0 and 100),
    primary key (point_id, year),
    check (coalesce(employed, 0) + coalesce(further_study, 0) <= graduates),
    check (matched <= employed)
);
comment on table point_years is '年度数据';
comment on column point_years.point_id is '专业点编号';
comment on column point_years.year is '年度';
comment on column point_years.planned is '招生计划';
comment on column point_years.applied is '报考人数：第一志愿';
comment on column point_years.admitted is '录取人数';
comment on column point_years.registered is '报到人数：新生，不含专升本和五年制转段';
comment on column point_years.enrolled is '在校生';
comment on column point_years.graduates is '毕业生';
comment on column point_years.employed is '就业人数';
comment on column point_years.further_study is '升学人数';
comment on column point_years.matched is '对口就业人数';
comment on column point_years.satisfaction is '满意度';

-- One row per institution and year
create table conditions (
    institution_id varchar not null references institutions (institution_id),
    year integer not null check (year between 2000 and 2100),
    students double not null check (students >= 0),
    campus_m2 double not null check (campus_m2 >= 0),
    building_m2 double not null check (building_m2 >= 0),
    teachers double not null check (teachers >= 0),
    dual_share double check (dual_share between 0 and 100),
    equipment double not null check (equipment >= 0),
    books double not null check (books >= 0),
    verdict varchar check (verdict in ('达标', '基本达标', '未达标')),
    document varchar,
    primary key (institution_id, year)
);
comment on table conditions is '办学条件';
comment on column conditions.institution_id is '院校代码：填院校代码，也可填院校全称';
comment on column conditions.year is '年度';
comment on column conditions.students is '在校生';
comment on column conditions.campus_m2 is '校园占地面积：平方米';
comment on column conditions.building_m2 is '校舍建筑面积：平方米';
comment on column conditions.teachers is '专任教师';
comment on column conditions.dual_share is '双师型教师占比';
comment on column conditions.equipment is '仪器设备总值：万元';
comment on column conditions.books is '纸质图书：册';
comment on column conditions.verdict is '省级验收结论';
comment on column conditions.document is '文号';

-- One row per institution, industry and span
create table leading_industries (
    institution_id varchar not null references institutions (institution_id),
    industry varchar not null references industries (name),
    since date not null,
    until date,
    check (since <= until)
);
comment on table leading_industries is '主导产业';
comment on column leading_industries.institution_id is '院校代码：填院校代码，也可填院校全称';
comment on column leading_industries.industry is '产业';
comment on column leading_industries.since is '起始日期';
comment on column leading_industries.until is '终止日期：空 = 至今有效';

-- One row per demand for people as one source states it
create table talent_demand (
    year integer not null check (year between 2000 and 2100),
    industry varchar not null references industries (name),
    specialty_code varchar,
    demand double not null check (demand >= 0),
    source varchar not null,
    is_forecast boolean
);
comment on table talent_demand is '人才需求';
comment on column talent_demand.year is '年度';
comment on column talent_demand.industry is '产业';
comment on column talent_demand.specialty_code is '专业代码';
comment on column talent_demand.demand is '需求人数';
comment on column talent_demand.source is '来源';
comment on column talent_demand.is_forecast is '预测';

-- One row per enterprise
create table enterprises (
    enterprise_id varchar primary key,
    name varchar not null,
    industry varchar not null references industries (name),
    district varchar not null references districts (name),
    size varchar check (size in ('大型', '中型', '小型', '微型')),
    longitude double check (longitude between -180 and 180),
    latitude double check (latitude between -90 and 90)
);
comment on table enterprises is '企业';
comment on column enterprises.enterprise_id is '企业编号：全表唯一';
comment on column enterprises.name is '企业名称';
comment on column enterprises.industry is '产业';
comment on column enterprises.district is '区县';
comment on column enterprises.size is '规模';
comment on column enterprises.longitude is '经度';
comment on column enterprises.latitude is '纬度';

-- One row per cooperation of an enterprise with an institution
create table partnerships (
    enterprise_id varchar not null references enterprises (enterprise_id),
    institution_id varchar not null references institutions (institution_id),
    form varchar not null,
    started_on date not null,
    ended_on date,
    check (started_on <= ended_on)
);
comment on table partnerships is '校企合作';
comment on column partnerships.enterprise_id is '企业编号';
comment on column partnerships.institution_id is '院校代码：填院校代码，也可填院校全称';
comment on column partnerships.form is '合作形式';
comment on column partnerships.started_on is '起始日期';
comment on column partnerships.ended_on is '终止日期：空 = 至今有效';

-- One row per cooperation body
create table cooperation_bodies (
    body_id varchar primary key,
    kind varchar not null,
    name varchar not null,
    rank varchar check (rank in ('国家级', '省级', '市级')),
    lead_institution_id varchar references institutions (institution_id),
    members varchar,
    industry varchar references industries (name),
    district varchar references districts (name),
    founded_on date not null,
    dissolved_on date,
    check (founded_on <= dissolved_on)
);
comment on table cooperation_bodies is '合作载体';
comment on column cooperation_bodies.body_id is '载体编号：全表唯一';
comment on column cooperation_bodies.kind is '类型：市域产教联合体、产业学院等';
comment on column cooperation_bodies.name is '名称';
comment on column cooperation_bodies.rank is '级别';
comment on column cooperation_bodies.lead_institution_id is '牵头院校代码：填院校代码，也可填院校全称';
comment on column cooperation_bodies.members is '成员';
comment on column cooperation_bodies.industry is '产业';
comment on column cooperation_bodies.district is '区县';
comment on column cooperation_bodies.founded_on is '成立日期';
comment on column cooperation_bodies.dissolved_on is '撤销日期：空 = 至今有效';

-- One row per pathway from one specialty to another
create table pathways (
    pathway_id varchar primary key,
    kind varchar not null check (kind in ('中本3+4', '高本3+2', '高本2+2', '中高职贯通')),
    from_institution_id varchar not null references institutions (institution_id),
    from_specialty_code varchar not null,
    to_institution varchar not null,
    to_specialty_code varchar,
    started_on date not null,
    ended_on date,
    check (started_on <= ended_on)
);
comment on table pathways is '贯通培养';
comment on column pathways.pathway_id is '编号：全表唯一';
comment on column pathways.kind is '类型';
comment on column pathways.from_institution_id is '起点院校代码：填院校代码，也可填院校全称';
comment on column pathways.from_specialty_code is '起点专业代码';
comment on column pathways.to_institution is '终点院校：院校代码或名称，可为市外院校';
comment on column pathways.to_specialty_code is '终点专业代码';
comment on column pathways.started_on is '起始日期';
comment on column pathways.ended_on is '终止日期：空 = 至今有效';

-- One row per evaluation of a specialty point
create table evaluations (
    point_id varchar not null references specialty_points (point_id),
    year integer not null check (year between 2000 and 2100),
    grade varchar not null check (grade in ('优秀', '良好', '合格', '不合格')),
    score double
);
comment on table evaluations is '专业评估';
comment on column evaluations.point_id is '专业点编号';
comment on column evaluations.year is '年度';
comment on column evaluations.grade is '等级';
comment on column evaluations.score is '得分';

-- One row per list, year, level and specialty
create table provincial_lists (
    list varchar not null check (list in ('布点多规模大', '急需紧缺', '指导性目录')),
    year integer not null check (year between 2000 and 2100),
    level varchar not null check (level in ('中职', '高职', '职业本科')),
    specialty_code varchar not null
);
comment on table provincial_lists is '省级清单';
comment on column provincial_lists.list is '清单';
comment on column provincial_lists.year is '年度';
comment on column provincial_lists.level is '层次';
comment on column provincial_lists.specialty_code is '专业代码';

-- One row per project
create table projects (
    project_id varchar primary key,
    name varchar not null,
    institution_id varchar not null references institutions (institution_id),
    indicator varchar not null,
    contribution double not null check (contribution >= 0),
    rank varchar not null check (rank in ('国家级', '省级', '市级')),
    stage varchar not null check (stage in ('储备', '成熟', '在建', '验收', '终止')),
    superior_funds double check (superior_funds >= 0),
    city_funds double check (city_funds >= 0),
    success_probability double check (success_probability between 0 and 100),
    planned_on date not null,
    completed_on date
);
comment on table projects is '项目库';
comment on column projects.project_id is '项目编号：全表唯一';
comment on column projects.name is '项目名称';
comment on column projects.institution_id is '院校代码：填院校代码，也可填院校全称';
comment on column projects.indicator is '指标：项目推动的指标，编号或名称';
comment on column projects.contribution is '贡献：建成后为指标增加多少';
comment on column projects.rank is '级别';
comment on column projects.stage is '阶段';
comment on column projects.superior_funds is '上级资金：万元';
comment on column projects.city_funds is '市级资金：万元';
comment on column projects.success_probability is '成功概率';
comment on column projects.planned_on is '计划完成日期';
comment on column projects.completed_on is '实际完成日期';

-- One row per report on a deliverable
create table deliverable_updates (
    deliverable varchar not null,
    reported_on date not null,
    state varchar not null check (state in ('未启动', '推进中', '已完成')),
    value double,
    note varchar,
    department varchar,
    evidence varchar
);
comment on table deliverable_updates is '任务进展';
comment on column deliverable_updates.deliverable is '事项：任务事项的编号或名称';
comment on column deliverable_updates.reported_on is '日期';
comment on column deliverable_updates.state is '状态';
comment on column deliverable_updates.value is '数值';
comment on column deliverable_updates.note is '说明';
comment on column deliverable_updates.department is '责任单位';
comment on column deliverable_updates.evidence is '佐证';

-- One row per dated target of a range
create table target_allocations (
    indicator varchar not null,
    due_on date not null,
    scope_kind varchar not null check (scope_kind in ('全市', '区县', '院校')),
    scope varchar,
    target double not null check (target >= 0),
    check ((scope_kind = '全市') = (scope is null))
);
comment on table target_allocations is '目标分解';
comment on column target_allocations.indicator is '指标：编号或名称';
comment on column target_allocations.due_on is '截止日期';
comment on column target_allocations.scope_kind is '范围类型';
comment on column target_allocations.scope is '范围：区县或院校；全市留空';
comment on column target_allocations.target is '目标值';

-- One row per approved interim target
create table interim_targets (
    indicator varchar not null,
    interim_target double not null check (interim_target >= 0),
    approved_on date not null,
    expires_on date not null,
    reason varchar not null,
    approver varchar not null,
    check (approved_on <= expires_on)
);
comment on table interim_targets is '批准调整';
comment on column interim_targets.indicator is '指标：编号或名称';
comment on column interim_targets.interim_target is '阶段性目标值';
comment on column interim_targets.approved_on is '批准日期';
comment on column interim_targets.expires_on is '截止日期';
comment on column interim_targets.reason is '理由';
comment on column interim_targets.approver is '批准单位';

-- One row per thing to be put right
create table rectifications (
    rectification_id varchar primary key,
    found_on date not null,
    item varchar not null,
    institution_id varchar references institutions (institution_id),
    department varchar not null,
    problem varchar not null,
    due_on date not null,
    closed_on date,
    check (found_on <= due_on),
    check (found_on <= closed_on)
);
comment on table rectifications is '督导整改';
comment on column rectifications.rectification_id is '编号：全表唯一';
comment on column rectifications.found_on is '发现日期';
comment on column rectifications.item is '指标或事项：指标或任务事项的编号或名称';
comment on column rectifications.institution_id is '院校代码：填院校代码，也可填院校全称';
comment on column rectifications.department is '责任单位';
comment on column rectifications.problem is '问题';
comment on column rectifications.due_on is '整改期限';
comment on column rectifications.closed_on is '完成日期';

-- One row per decision of a joint meeting
create table meetings (
    meeting_id varchar not null,
    held_on date not null,
    topic varchar not null,
    decision varchar not null,
    department varchar not null,
    due_on date,
    closed_on date,
    check (held_on <= due_on),
    check (held_on <= closed_on)
);
comment on table meetings is '联席会议';
comment on column meetings.meeting_id is '会议编号';
comment on column meetings.held_on is '日期';
comment on column meetings.topic is '主题';
comment on column meetings.decision is '议定事项';
comment on column meetings.department is '责任单位';
comment on column meetings.due_on is '办结期限';
comment on column meetings.closed_on is '办结日期';

-- One row per item said of the data as a whole
create table dataset (
    item varchar primary key,
    value varchar
);
comment on table dataset is '说明';
comment on column dataset.item is '项';
comment on column dataset.value is '值';

-- One row per date of the plan
create table plan_dates (
    name varchar primary key,
    value date not null
);
comment on table plan_dates is '方案的日期';
comment on column plan_dates.name is 'issued_on 印发、deadline 截止、period_start 规划期开始';
comment on column plan_dates.value is '日期';

-- One row per thing an indicator counts, by the role it plays
create table plan_items (
    indicator varchar not null,
    role varchar not null,
    item varchar not null
);
comment on table plan_items is '方案所列的计入项';
comment on column plan_items.indicator is '指标编号；* = 全部指标';
comment on column plan_items.role is '角色，如 title、industry、track';
comment on column plan_items.item is '项';

-- One row per fact about this version
create table meta (
    key varchar primary key,
    value varchar
);
comment on table meta is '本数据版本';
comment on column meta.key is '项';
comment on column meta.value is '值';

-- One row per oddity found while loading
create table load_warnings (
    sheet varchar not null,
    cell varchar not null,
    value varchar,
    message varchar not null
);
comment on table load_warnings is '载入时的提醒';
comment on column load_warnings.sheet is '工作表';
comment on column load_warnings.cell is '单元格；空 = 整张表';
comment on column load_warnings.value is '原值';
comment on column load_warnings.message is '提醒内容';
